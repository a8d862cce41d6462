"""Whether tables have the shape that they promise, checked inside DuckDB before publishing.

Belongs here: pandera schemas (columns, types, keys, ranges by naming convention). Does not: what
rows mean; dbt's tests say that.
"""
