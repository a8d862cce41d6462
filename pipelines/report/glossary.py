"""What the report's numbers mean, in the words of the published tables themselves.

Belongs here: links to definitions, and the list of those that were linked. Does not: a definition;
each stands in the comment of its table or column.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from pipelines.explain.published import Published
from pipelines.tables import PUBLIC_SCHEMA

_COMMENTS = """
    select table_name || '.' || column_name as name, comment
    from duckdb_columns()
    where schema_name = ? and comment is not null
    union all
    select table_name as name, comment
    from duckdb_tables()
    where schema_name = ? and comment is not null
    order by name
"""

_PAGES = {
    "mart_outcomes_tier_period": "outcomes.md",
    "mart_mix_bridge": "outcomes.md",
    "fct_renewal": "renewals.md",
    "mart_underserved_tier": "outcomes.md",
    "fct_health_daily": "health.md",
    "mart_health_trend_tier": "health.md",
    "mart_health_calibration": "health.md",
    "mart_time_balance": "time.md",
    "mart_capacity_tier": "capacity.md",
    "mart_headcount_case": "finance.md",
    "fct_playbook_trigger": "signals.md",
    "fct_crisis_alert": "signals.md",
}
"""The page of `docs/` that tells more of a table."""


@dataclass(frozen=True)
class Definition:
    """One published column, as its comment says."""

    anchor: str
    column: str
    meaning: str


@dataclass(frozen=True)
class DefinedTable:
    """A published table, and the columns of it that the report shows."""

    name: str
    meaning: str
    page: str | None
    columns: list[Definition]


@dataclass(frozen=True)
class Glossary:
    """Comments of the published tables, and which of them the report has linked to."""

    comments: Mapping[str, str]
    linked: set[str] = field(default_factory=set)

    def link(self, column: str, words: str) -> Markup:
        """Words that lead to the definition of a published column (table.column)."""
        self.linked.add(column)
        return Markup('<a class="def" href="#{}">{}</a>').format(_anchor(column), words)

    def entries(self) -> list[DefinedTable]:
        """What has been linked to, table by table."""
        tables = sorted({column.split(".")[0] for column in self.linked})
        return [
            DefinedTable(
                name,
                self.comments.get(name, ""),
                _PAGES.get(name),
                list(self._of(name)),
            )
            for name in tables
        ]

    def _of(self, table: str) -> Iterable[Definition]:
        for column in sorted(self.linked):
            if column.startswith(f"{table}."):
                meaning = self.comments.get(column, "Not in the published tables.")
                yield Definition(_anchor(column), column.split(".")[1], meaning)


def read_glossary(published: Published) -> Glossary:
    """The comments of all published tables and columns."""
    rows = published.rows(_COMMENTS, PUBLIC_SCHEMA, PUBLIC_SCHEMA)
    return Glossary({row["name"]: row["comment"] for row in rows})


def _anchor(column: str) -> str:
    return f"def-{column.replace('.', '-')}"
