"""What `cs-coverage plan` says of two sets of tables, the published and the proposed.

Belongs here: the differences, and saying them to a person. Does not: computing the tables (plan).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

if TYPE_CHECKING:
    from pipelines.config.coverage_model import CoverageModel
    from pipelines.plan import Span, Tables

Row = Mapping[str, Any]

_NAMED = 10
"""How many accounts are named at most."""

_UNKNOWN = "unknown"


def tell(
    model: CoverageModel, span: Span, present: Tables, proposed: Tables, console: Console
) -> None:
    """Print the comparison: tiers, obligations, coverage, what it takes."""
    console.print(
        f"\nThe proposed model would hold from {model.effective_from}. Everything below is [bold]as"
        f" if it had always held[/], as of {span.as_of}: closed periods keep the model they had.\n",
        highlight=False,
        soft_wrap=True,
    )
    _tell_tiers(present.tiers, proposed.tiers, console)
    _tell_obligations(span, present.obligations, proposed.obligations, console)
    _tell_coverage(span, present.coverage, proposed.coverage, console)
    _tell_accounts(present.accounts, proposed.accounts, console)
    _tell_capacity(present.capacity, proposed.capacity, console)


def tier_moves(present: Iterable[Row], proposed: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    """The accounts that would be in another tier, by the tier they leave and the one they enter."""
    before = {row["account_id"]: row["tier_id"] for row in present}
    moves: defaultdict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in proposed:
        left, entered = before.get(row["account_id"]), row["tier_id"]
        if left != entered:
            moves[left or _UNKNOWN, entered or _UNKNOWN].append(row)
    return dict(sorted(moves.items()))


def obligation_changes(
    present: Iterable[Row], proposed: Iterable[Row]
) -> list[tuple[str, str, int | None, int | None]]:
    """Tier, family, obligations now and proposed, where they differ; None where there are none."""
    before, after = _counts(present), _counts(proposed)
    return [
        (tier, family, before.get((tier, family)), after.get((tier, family)))
        for tier, family in sorted(before.keys() | after.keys())
        if before.get((tier, family)) != after.get((tier, family))
    ]


def coverage_turns(present: Iterable[Row], proposed: Iterable[Row]) -> dict[str, list[str]]:
    """The names of accounts whose verdict would be another, by what would become of them."""
    before = {row["account_id"]: row for row in present}
    after = {row["account_id"]: row for row in proposed}
    turns: dict[str, list[str]] = {}
    for account in sorted(before.keys() | after.keys()):
        old, new = (side.get(account) for side in (before, after))
        was, would = old and old["is_covered"], new and new["is_covered"]
        if was == would:
            continue
        if new is None:
            turn = "would be owed nothing"
        elif old is None:
            turn = "would be owed something, and " + ("covered" if would else "not covered")
        else:
            turn = "would turn covered" if would else "would turn uncovered"
        named = new or old or {}
        turns.setdefault(turn, []).append(str(named["name"]))
    return turns


def capacity_changes(
    present: Iterable[Row], proposed: Iterable[Row]
) -> list[tuple[str, Row | None, Row | None]]:
    """Each tier's row now and proposed, ALL last; None where a side has no such tier."""
    before = {row["tier_id"]: row for row in present}
    after = {row["tier_id"]: row for row in proposed}
    tiers = sorted(before.keys() | after.keys(), key=lambda tier: (tier == "ALL", tier))
    return [(tier, before.get(tier), after.get(tier)) for tier in tiers]


def _tell_tiers(present: Sequence[Row], proposed: Sequence[Row], console: Console) -> None:
    moves = tier_moves(present, proposed)
    if not moves:
        console.print("Tiers: no account would be in another tier.\n")
        return
    table = Table("from", "to", title="Tiers", title_justify="left")
    table.add_column("accounts", justify="right")
    table.add_column("ARR", justify="right")
    table.add_column("which")
    for (left, entered), accounts in moves.items():
        names = _names([str(row["name"]) for row in _largest_first(accounts)])
        table.add_row(left, entered, str(len(accounts)), _arr(accounts), names)
    console.print(table)


def _tell_obligations(
    span: Span, present: Sequence[Row], proposed: Sequence[Row], console: Console
) -> None:
    title = f"Obligations that closed from {span.year_start} to {span.quarter_end}"
    changes = obligation_changes(present, proposed)
    if not changes:
        console.print(f"{title}: none would change.\n", highlight=False)
        return
    table = Table("tier", "family", title=title, title_justify="left")
    for name in ("now", "proposed", "change"):
        table.add_column(name, justify="right")
    table.add_column("")
    for tier, family, now, then in changes:
        note = "new" if now is None else "gone" if then is None else ""
        change = (then or 0) - (now or 0)
        table.add_row(tier, escape(family), _count(now), _count(then), f"{change:+,}", note)
    console.print(table)


def _tell_coverage(
    span: Span, present: Sequence[Row], proposed: Sequence[Row], console: Console
) -> None:
    quarter = f"{span.quarter.year}-Q{(span.quarter.month + 2) // 3}"
    table = Table("tier", title=f"Coverage to standard, {quarter}", title_justify="left")
    table.add_column("as it is", justify="right")
    table.add_column("as if", justify="right")
    before = {row["tier_id"]: row for row in present}
    after = {row["tier_id"]: row for row in proposed}
    for tier in sorted(before.keys() | after.keys()):
        table.add_row(tier, _coverage(before.get(tier)), _coverage(after.get(tier)))
    console.print(table)


def _tell_accounts(present: Sequence[Row], proposed: Sequence[Row], console: Console) -> None:
    for turn, names in coverage_turns(present, proposed).items():
        accounts = "1 account" if len(names) == 1 else f"{len(names):,} accounts"
        console.print(f"{accounts} {turn}: {_names(names)}", highlight=False, soft_wrap=True)


def _tell_capacity(present: Sequence[Row], proposed: Sequence[Row], console: Console) -> None:
    table = Table("tier", title="What it takes, a year", title_justify="left")
    for name in ("accounts", "hours", "people needed", "people there", "accounts a person can"):
        table.add_column(name, justify="right")
    for tier, now, then in capacity_changes(present, proposed):
        table.add_row(
            tier,
            _turn(now, then, "accounts", ",.0f"),
            _turn(now, then, "required_hours", ",.0f"),
            _turn(now, then, "needed_fte", ".2f"),
            _turn(now, then, "fte", ".2f"),
            _turn(now, then, "implied_accounts_per_fte", ".1f"),
        )
    console.print(table)


def _turn(now: Row | None, then: Row | None, column: str, form: str) -> str:
    """A number, and what it would become where it would be another."""
    old, new = (
        "-" if row is None or row[column] is None else format(row[column], form)
        for row in (now, then)
    )
    return old if old == new else f"{old} \N{RIGHTWARDS ARROW} {new}"


def _counts(rows: Iterable[Row]) -> dict[tuple[str, str], int]:
    return {(row["tier_id"], row["family"]): row["obligations"] for row in rows}


def _largest_first(accounts: Iterable[Row]) -> list[Row]:
    return sorted(accounts, key=lambda row: (-(row["arr"] or 0), row["account_id"]))


def _arr(accounts: Sequence[Row]) -> str:
    known = [row["arr"] for row in accounts if row["arr"] is not None]
    if not known:
        return _UNKNOWN
    unknown = len(accounts) - len(known)
    return f"{sum(known):,.0f}" + (f" ({unknown} unknown)" if unknown else "")


def _names(names: Sequence[str]) -> str:
    shown = ", ".join(escape(name) for name in names[:_NAMED])
    more = len(names) - _NAMED
    return f"{shown} and {more:,} more" if more > 0 else shown


def _count(number: int | None) -> str:
    return "-" if number is None else f"{number:,}"


def _coverage(row: Row | None) -> str:
    if row is None:
        return "no such tier"
    if row["account_cts"] is None:
        return "nothing to judge"
    interval = f"{row['account_cts_low']:.1%} to {row['account_cts_high']:.1%}"
    share = f"{row['accounts_covered']:,} of {row['accounts_evaluable']:,}"
    return f"{row['account_cts']:.1%} ({interval}; {share})"
