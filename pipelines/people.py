"""What everybody may read of the public tables, and what is about single persons.

Belongs here: dividing the tables between the two published files. Does not: which tables, rows and
columns are about persons; the models' YAML says (`config.meta.people`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from pipelines.tables import Table
from pipelines.warehouse.connection import identifier


@dataclass(frozen=True)
class Selection:
    """What is published of a table: its columns as far as they stay, and a condition on rows."""

    table: Table
    without: tuple[str, ...] = ()
    where: str = "true"

    def query(self, relation: str) -> str:
        """The rows, in the order of the primary key."""
        excluded = ", ".join(map(identifier, self.without))
        columns = f"* exclude ({excluded})" if excluded else "*"
        keys = ", ".join(map(identifier, self.table.primary_key))
        order = f" order by {keys}" if keys else ""
        return f"select {columns} from {relation} where {self.where}{order}"


def for_everybody(tables: Iterable[Table]) -> list[Selection]:
    """All tables without what is about single persons; a table that is nothing else is absent."""
    return [
        _without_persons(table) for table in tables if not (table.people and table.people.is_all)
    ]


def about_persons(tables: Iterable[Table], keep_days: int) -> list[Selection]:
    """The tables that say something of single persons, whole, but for what is older than that.

    Rows about one person count as of their day until `keep_days` days before as_of; rows about
    teams, tiers and accounts stay for as long as the table tells of them.
    """
    return [_while_recent(table, keep_days) for table in tables if table.people]


def _without_persons(table: Table) -> Selection:
    if table.people is None:
        return Selection(table)
    without = table.people.columns
    left = tuple(column for column in table.columns if column.name not in without)
    rows = table.people.rows
    where = "true" if rows is None else f"({rows}) is not true"
    return Selection(replace(table, columns=left), without, where)


def _while_recent(table: Table, keep_days: int) -> Selection:
    people = table.people
    if people is None or people.dated is None:
        return Selection(table)
    recent = f"{identifier(people.dated)} >= as_of_date - {keep_days}"
    if people.rows is None or people.is_all:
        return Selection(table, where=recent)
    return Selection(table, where=f"({people.rows}) is not true or {recent}")
