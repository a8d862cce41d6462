"""A BI tool that never stops asking: polls a serving file until told to stop.

Belongs here: what a program outside the product sees, which is why it imports nothing of it. Does
not: judging that.

Usage: reader.py kept|reopened <serving.duckdb>. Prints, as JSON, how often it asked and every
answer that differed from the one before: [name in dim_account, product in fct_contract,
[as_of_date and config_version of every table]]. Any error ends it.
"""

import json
import select
import sys
from typing import Any

import duckdb

PAUSE_SECONDS = 0.2


def connect(database: str) -> duckdb.DuckDBPyConnection:
    """A connection as BI tools open it."""
    connection = duckdb.connect(database, read_only=True)
    connection.execute("use coverage")
    return connection


def ask(connection: duckdb.DuckDBPyConnection) -> list[Any]:
    """Which night each table is of: several queries, as a dashboard sends them."""
    [(name,)] = connection.execute(
        "select name from dim_account where account_id = 'A1'"
    ).fetchall()
    [(product,)] = connection.execute(
        "select product from fct_contract where contract_id = 'C1'"
    ).fetchall()
    tables = connection.execute(
        "select table_name from duckdb_columns() where column_name = 'as_of_date' "
        "and table_name <> 'ops_run' order by all"
    ).fetchall()
    nights = {
        night
        for (table,) in tables
        for night in connection.execute(
            f"select distinct as_of_date || ' ' || config_version from {table}"
        ).fetchall()
    }
    return [name, product, sorted(night for (night,) in nights)]


def main(mode: str, database: str) -> None:
    """Poll until something comes in, and then once more."""
    seen: list[list[Any]] = []
    asked = 0
    kept = connect(database) if mode == "kept" else None
    print("reading", flush=True)
    last = False
    while not last:
        last = bool(select.select([sys.stdin], [], [], PAUSE_SECONDS)[0])
        connection = kept or connect(database)
        answer = ask(connection)
        asked += 1
        if not seen or seen[-1] != answer:
            seen.append(answer)
        if kept is None:
            connection.close()
    print(json.dumps({"asked": asked, "seen": seen}))


if __name__ == "__main__":
    main(*sys.argv[1:])
