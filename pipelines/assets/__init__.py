"""What Dagster shows and schedules: one asset a stream, a model, a published table.

Belongs here: declarations of assets and checks, and turning results into metadata. Does not: the
work itself.
"""
