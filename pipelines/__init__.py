"""Landing to published tables: the loader, dbt, checks, publishing, Dagster, the command line.

Belongs here: what moves, schedules and guards data. Does not: HTTP to vendors (connectors/) or
what a number means (dbt_project/).
"""
