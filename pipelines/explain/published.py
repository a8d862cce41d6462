"""The published tables, asked about one account.

Belongs here: opening them, finding the account that a person means, what every answer begins with.
Does not: an answer.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
from rich.console import Console
from rich.markup import escape

from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA

Row = Mapping[str, Any]


class Unanswerable(Exception):
    """There is nothing to explain; says why and what to do. `code` is the command's exit code."""

    def __init__(self, message: str, code: int = BAD_CONFIG) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Published:
    """The published tables, open to be read."""

    con: duckdb.DuckDBPyConnection

    def rows(self, sql: str, *parameters: object) -> list[Row]:
        """The rows of a query, by column."""
        self.con.execute(sql, parameters)
        names = [column[0] for column in self.con.description or ()]
        return [dict(zip(names, row, strict=True)) for row in self.con.fetchall()]


def answer(home: Home, console: Console, tell: Callable[[Published, Console], None]) -> int:
    """Open the published tables and tell from them; what cannot be told is said, too."""
    try:
        if not home.serving_database.exists():
            message = f"Nothing is published in {home.serving} yet: run cs-coverage refresh."
            raise Unanswerable(message, NOT_PUBLISHED)
        with duckdb.connect(str(home.serving_database), read_only=True) as con:
            con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
            tell(Published(con), console)
    except Unanswerable as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        return error.code
    return 0


def account_named(published: Published, named: str) -> Row:
    """The account of that id, or of that name whatever its case."""
    accounts = published.rows("select * from dim_account order by account_id")
    by_id = [row for row in accounts if row["account_id"] == named]
    fitting = by_id or [row for row in accounts if row["name"].casefold() == named.casefold()]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(row["account_id"] for row in fitting)
        raise Unanswerable(f'Several accounts are called "{named}": give the id, one of {ids}.')
    words = {row[part].casefold(): row for row in accounts for part in ("account_id", "name")}
    near = difflib.get_close_matches(named.casefold(), words, n=3, cutoff=0.5)
    meant = dict.fromkeys(f"{words[w]['account_id']} ({words[w]['name']})" for w in near)
    hint = f"did you mean {' or '.join(meant)}?" if meant else "dim_account lists all accounts."
    raise Unanswerable(f'No account has the id or name "{named}": {hint}')


def heading(account: Row) -> str:
    """An account's name and where it stands, above every answer."""
    state = "active" if account["is_active"] else "not active"
    return (
        f"\n[bold]{escape(account['name'])}[/] ({escape(account['account_id'])}), {state}, "
        f"ARR {money(account['arr'])}, as of {account['as_of_date']}\n"
    )


def or_else(value: object, otherwise: str) -> str:
    """A value as text, or what stands for none."""
    return otherwise if value is None else str(value)


def money(amount: float | None) -> str:
    """An amount in whole units of the reporting currency."""
    return "unknown" if amount is None else f"{amount:,.0f}"
