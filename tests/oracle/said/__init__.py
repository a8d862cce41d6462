"""What each system says of the firm's facts on a night, in the canonical vocabulary.

Belongs here: one module a system: which facts stand there, and which fields it can tell of them
(the descriptions in dbt_project/models/staging/<kind>). Does not: its records' wire format, nor
what the product makes of several systems.

Where a fact is kept, by which id, and since when somebody knows of it, is the landscape's to
declare (`sandbox.systems`: landscape, ids, seen): the oracle takes it from there.
"""
