"""Reading vendors' systems and landing what they say, record by record.

Belongs here: what is known of a vendor (paths, keys, paging, quirks) and the small kernel that
all vendors share. Does not: DuckDB, Dagster, dbt, or what a number means.
"""
