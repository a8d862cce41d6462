"""What the public tables must hold, computed from what is true in the made-up firm.

Belongs here: plain Python, written from the specification and the descriptions of the models.
Does not: SQL, dbt, or anything of the product; what the oracle shares with it, it cannot check.

Two steps. `said` tells what each system says of a fact, in the canonical vocabulary, on the night
that is read; the other modules tell what the product must make of it. Codes such as M14 or N5 name
the readings in READINGS.md.
"""
