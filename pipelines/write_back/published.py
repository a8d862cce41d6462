"""What the published tables say of the accounts behind a source's records.

Belongs here: reading values, and which record is which account. Does not: what is written of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from connectors.write import Value
from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA
from pipelines.warehouse.connection import identifier
from pipelines.write_back.values import VALUES


@dataclass(frozen=True)
class Record:
    """A record of a source, the account that it is, and the account's values by our names.

    A value that is not known is left out; None says that there is none.
    """

    key: str
    account_id: str
    name: str | None
    values: Mapping[str, Value]


# An account may have several records in a source: people open any of them, so each is written.
# One that its source merged into another is gone.
_RECORDS = """
    select source_account_id as record_key, account_id
    from map_account_identity
    where source = ? and account_id is not null and merged_into is null
"""

# The newest quarter that can be judged; of an account that changed tier within it, what it was
# owed under the tier that it has now.
_COVERAGE = """
    select quarters.*
    from mart_coverage_account_period as quarters
    inner join mart_account_360 as accounts using (account_id)
    where period_type = 'quarter' and is_covered is not null
    qualify row_number() over (
        partition by account_id
        order by
            period_start desc,
            quarters.tier_id is not distinct from accounts.tier_id desc,
            quarters.tier_id
    ) = 1
"""


def published_as_of(home: Home) -> date | None:
    """The day that the published tables report on; None where there are none, or no account."""
    if not home.serving_database.exists():
        return None
    with _opened(home) as con:
        [(as_of,)] = con.execute("select max(as_of_date) from mart_account_360").fetchall()
    found: date | None = as_of
    return found


def read_records(home: Home, source: str) -> list[Record]:
    """The records of a source that are accounts, by key, with all values that may be written."""
    columns = [
        f"{identifier(value.table)}.{identifier(column)}"
        for value in VALUES.values()
        for column in (value.column, value.known_by or value.column)
    ]
    with _opened(home) as con:
        rows = con.execute(
            f"with records as ({_RECORDS}), coverage_rows as ({_COVERAGE}) "
            f"select record_key, account_id, mart_account_360.name, {', '.join(columns)} "
            "from records "
            "inner join mart_account_360 using (account_id) "
            "left join coverage_rows as mart_coverage_account_period using (account_id) "
            "order by record_key",
            [source],
        ).fetchall()
    return [_record(row) for row in rows]


def _opened(home: Home) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(home.serving_database), read_only=True)
    con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
    return con


def _record(row: tuple[Any, ...]) -> Record:
    key, account_id, name, *cells = row
    values: dict[str, Value] = {}
    for (ours, value), found, known in zip(VALUES.items(), cells[::2], cells[1::2], strict=True):
        if found is not None:
            values[ours] = value.as_field(found)
        elif known is not None:
            values[ours] = None
    return Record(key, account_id, name, values)
