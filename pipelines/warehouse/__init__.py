"""The warehouse file: what is loaded into it and what dbt finds there.

Belongs here: schemas `raw`, `meta` and `input`, and the transaction that fills them. Does not:
`staging` and later schemas, which are dbt's.
"""
