"""What `cs-coverage case` puts on its page.

Belongs here: the page's parts, what each shows of which published table, and the words. Does not:
the forms it is written in (case), or any number that the published tables do not hold.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pipelines.explain.published import Published, Row, Unanswerable

_LISTED = 10
"""How many pieces of work are shown."""

_VERDICTS = {
    "insufficient_data": "It cannot be told yet",
    "no_gap": "Nobody is missing",
    "investigate_reactive_drivers": "Look into what keeps people busy first",
    "tooling_first": "Build the tools first",
    "mixed": "Some of both",
    "headcount_supported": "People are missing",
}

_HEADLINE = "select * from mart_headcount_case where tier_id = 'ALL' and scenario = 'mid'"
_TIERS = """
    with quarters as (
        select max(period_start) as period_start
        from mart_coverage_tier_period
        where basis = 'restated' and period_type = 'quarter' and is_period_closed
    ),
    causes as (
        select tier_id, min_by(cause, (-accounts, cause_order)) as cause
        from mart_underserved_tier
        inner join quarters using (period_start)
        where period_type = 'quarter' and accounts > 0
        group by tier_id
    )
    select headcount.*, coverage.account_cts, coverage.target_cts, causes.cause
    from mart_headcount_case as headcount
    cross join quarters
    left join mart_coverage_tier_period as coverage
        on headcount.tier_id = coverage.tier_id
        and coverage.basis = 'restated'
        and coverage.period_type = 'quarter'
        and coverage.period_start = quarters.period_start
    left join causes on headcount.tier_id = causes.tier_id
    where scenario = 'mid'
    order by headcount.tier_id = 'ALL', headcount.tier_id
"""
_WORK = """
    select *
    from mart_tooling_substitution
    where is_named and not coalesce(is_human_only, false)
    order by work_type = 'ALL', recoverable_mid_hours desc nulls last, work_type
"""
_SCENARIOS = """
    select *
    from mart_headcount_case
    where tier_id = 'ALL'
    order by case scenario when 'low' then 1 when 'mid' then 2 else 3 end
"""
_WHATIF = "select * from mart_whatif_summary where scenario = 'uplift'"
_LIST = """
    select *, coalesce(family, rule_id) as what
    from mart_whatif_capacity
    where scenario = 'uplift' and coalesce(is_done, false) = ?
    order by work_order
    limit ?
"""
_COUNTS = """
    select
        count(*) as items,
        coalesce(sum(hours), 0) as hours,
        count(*) filter (where is_done) as done_items,
        coalesce(sum(done_hours), 0) as done_hours
    from mart_whatif_capacity
    where scenario = 'uplift'
"""
_LOAD = """
    select *
    from mart_load_outcome
    where quintile in (1, 5) and outcome in ('coverage', 'gross_renewal')
    order by outcome, tier_id, quintile
"""
_CHECKS = """
    select *, case when not is_done then what_to_do end as to_do
    from mart_infrastructure_check
    order by check_order
"""


@dataclass(frozen=True)
class Column:
    """A column of a table on the page: the field of the row that it shows, and how it is said."""

    name: str
    field: str
    form: str = ""


@dataclass(frozen=True)
class Section:
    """A part of the page: what it says in words, and a table where it has one.

    The first column says what a row is about.
    """

    title: str
    said: Sequence[str] = ()
    columns: Sequence[Column] = ()
    rows: Sequence[Row] = ()


def page(published: Published) -> list[Section]:
    """What the page holds, part by part."""
    headlines = published.rows(_HEADLINE)
    if not headlines:
        raise Unanswerable("No tier was known on the day published: there is no case to make.")
    headline = headlines[0]
    return [
        _verdict(headline),
        _tiers(published.rows(_TIERS)),
        _work(published.rows(_WORK)),
        _people(published.rows(_SCENARIOS), headline),
        *_whatif(published),
        _load(published.rows(_LOAD)),
        _infrastructure(published.rows(_CHECKS), headline),
    ]


def _or_unknown(value: Any, form: str = ",.2f") -> str:
    return "unknown" if value is None else format(value, form)


def _verdict(headline: Row) -> Section:
    gap = headline["gap_fte"]
    there = f"There are {_or_unknown(headline['fte'])} people, needed are "
    said = [f"{_VERDICTS[headline['verdict']]}. {headline['verdict_reason']}"]
    if gap is None:
        said.append(f"{there}{_or_unknown(headline['needed_fte'])}.")
    else:
        said.append(
            f"{there}{_or_unknown(headline['needed_fte'])}: {abs(gap):.2f} "
            f"{'are missing' if gap > 0 else 'are to spare'} "
            f"({abs(headline['gap_hours'] or 0):,.0f} hours a year)."
        )
    if headline["fte_equivalent"] is not None:
        said.append(
            f"Tools could give back {headline['fte_equivalent']:.2f}, of which "
            f"{headline['fte_equivalent_redeployed']:.2f} are believed to reach customers."
        )
    return Section(f"People or tools, as of {headline['as_of_date']}", said)


def _tiers(rows: Sequence[Row]) -> Section:
    return Section(
        "What each tier needs and gets",
        [
            "Covered: the share of accounts that got all they were owed in the last closed "
            "quarter; and why most of the others did not. A negative number of missing people is "
            "people to spare."
        ],
        (
            Column("tier", "tier_id"),
            Column("accounts", "accounts", ",d"),
            Column("people", "fte", ",.2f"),
            Column("needed", "needed_fte", ",.2f"),
            Column("missing", "gap_fte", ",.2f"),
            Column("covered", "account_cts", ".0%"),
            Column("aimed at", "target_cts", ".0%"),
            Column("mostly because", "cause"),
            Column("verdict", "verdict"),
        ),
        rows,
    )


def _work(rows: Sequence[Row]) -> Section:
    said = ["Hours a year that people do by hand, and what tools would probably give back of them."]
    said += [
        f"That is {row['recoverable_share']:.1%} of all hours worked; {row['prior_low']:.0%} to "
        f"{row['prior_high']:.0%} is commonly claimed ({row['prior_verdict']})."
        for row in rows
        if row["work_type"] == "ALL" and row["prior_verdict"] is not None
    ]
    return Section(
        "What tools could give back",
        said,
        (
            Column("work", "work_type"),
            Column("tool", "tool"),
            Column("hours by hand", "manual_hours", ",.0f"),
            Column("tools could do", "automatable_mid", ".0%"),
            Column("hours back", "recoverable_mid_hours", ",.0f"),
            Column("people", "fte_equivalent", ",.2f"),
        ),
        rows,
    )


def _people(rows: Sequence[Row], headline: Row) -> Section:
    said = [
        "People still missing once the tools are there: if all hours back reach customers, and if "
        "only those do that are believed to."
    ]
    if headline["cost_per_net_hour"] is None:
        said.append("What people cost is not known: users.loaded_cost_per_year is empty.")
    else:
        said.append(
            f"An hour for customers costs {headline['cost_per_net_hour']:,.2f}; the hours back are "
            f"worth {_or_unknown(headline['recovered_value'], ',.0f')} a year."
        )
    if headline["tool_annual_cost"] is None:
        said.append("What the tools cost is not known: tooling.annual_cost of the model is empty.")
    else:
        said.append(
            f"The tools cost {headline['tool_annual_cost']:,.0f} a year, "
            f"{_or_unknown(headline['cost_per_recovered_hour'])} an hour back; the first year is "
            f"earned back in {_or_unknown(headline['payback_months'], '.1f')} months."
        )
    return Section(
        "People still missing",
        said,
        (
            Column("tools do", "scenario"),
            Column("hours back", "recoverable_hours", ",.0f"),
            Column("people back", "fte_equivalent", ",.2f"),
            Column("missing, at least", "residual_fte_low", ",.2f"),
            Column("missing, at most", "residual_fte_high", ",.2f"),
            Column("cost, at most", "residual_cost_high", ",.0f"),
        ),
        rows,
    )


_PIECE = (
    Column("account", "account_name"),
    Column("tier", "tier_id"),
    Column("what", "what"),
    Column("since", "due_on"),
    Column("ARR", "arr", ",.0f"),
    Column("hours", "hours", ".2f"),
)


def _whatif(published: Published) -> Iterator[Section]:
    for summary in published.rows(_WHATIF):
        (counts,) = published.rows(_COUNTS)
        yield Section(
            "What more people would do first",
            [
                f"{summary['uplift']:.0%} more people are "
                f"{_or_unknown(summary['gross_extra_hours'], ',.0f')} hours a year. Internal work "
                f"takes {_or_unknown(summary['absorbed_hours'], ',.0f')} of them "
                f"({_or_unknown(summary['absorbed_share'], '.0%')}, {summary['absorbed_basis']}), "
                f"{_or_unknown(summary['net_extra_hours'], ',.0f')} reach customers. The "
                f"constraint: {_or_unknown(summary['constraint_kind'], '')}.",
                f"Customers miss {_or_unknown(summary['unmet_hours'], ',.0f')} hours; "
                f"{_or_unknown(summary['unmet_after_hours'], ',.0f')} would still be missing.",
                f"Of {counts['items']:,} pieces of work undone ({counts['hours']:,.0f} hours) "
                f"{counts['done_items']:,} would get done.",
            ],
            _PIECE,
            published.rows(_LIST, True, _LISTED),
        )
        left = published.rows(_LIST, False, _LISTED)
        yield Section("What would still not get done", [] if left else ["Nothing."], _PIECE, left)


def _load(rows: Sequence[Row]) -> Section:
    return Section(
        "Do fuller books do worse?",
        [
            "The fifth of accounts with the fewest, and with the most, other accounts beside them. "
            "That they go together does not say that one causes the other."
        ],
        (
            Column("tier", "tier_id"),
            Column("outcome", "outcome"),
            Column("accounts a person, from", "load_from", ".0f"),
            Column("to", "load_to", ".0f"),
            Column("accounts", "accounts", ",d"),
            Column("rate", "value", ".0%"),
            Column("at least", "value_low", ".0%"),
            Column("at most", "value_high", ".0%"),
        ),
        rows,
    )


def _infrastructure(rows: Sequence[Row], headline: Row) -> Section:
    return Section(
        "Is what makes people effective built?",
        [f"{_or_unknown(headline['infrastructure_rate'], '.0%')} of what can be told."],
        (
            Column("piece", "check_id"),
            Column("built", "is_done"),
            Column("measured", "measured_rate", ".0%"),
            Column("what to do", "to_do"),
        ),
        rows,
    )
