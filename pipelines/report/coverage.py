"""Coverage over time, and why the worst tier falls short.

Belongs here: trends with their intervals, causes of uncovered accounts. Does not: the last quarter
against outcomes (headline).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import groupby
from typing import Any

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.charts import bars, trend
from pipelines.report.drawing import draw
from pipelines.report.parts import Column, Figure, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import (
    between,
    cause_words,
    count,
    percent,
    quarter,
    rate,
    several,
)

_QUARTERS = 9
"""Two years, and the quarter to compare the first of them with."""

_TREND = f"""
    with periods as (
        select distinct period_start
        from mart_coverage_tier_period
        where period_type = 'quarter' and period_start <= $1 and measurability = 'measured'
        order by period_start desc
        limit {_QUARTERS}
    )
    select
        restated.tier_id,
        restated.period_start,
        restated.accounts_covered,
        restated.accounts_evaluable,
        restated.account_cts,
        restated.account_cts_low,
        restated.account_cts_high,
        restated.is_low_n,
        restated.target_cts,
        reported.account_cts as first_reported,
        coalesce(abs(reported.account_cts - restated.account_cts) >= 0.0005, false) as has_moved
    from mart_coverage_tier_period as restated
    inner join periods on restated.period_start = periods.period_start
    left join mart_coverage_tier_period as reported
        on restated.tier_id = reported.tier_id
        and restated.period_type = reported.period_type
        and restated.period_start = reported.period_start
        and reported.basis = 'first_reported'
    where restated.period_type = 'quarter' and restated.basis = 'restated'
    order by restated.tier_id, restated.period_start
"""

_CAUSES = """
    select
        tier_id,
        cause,
        accounts,
        uncovered_share,
        arr,
        accounts_evaluable - accounts_covered as accounts_uncovered,
        gap,
        gap_rank,
        verdict
    from mart_underserved_tier
    where period_type = 'quarter' and period_start = $1
    order by tier_id, accounts desc, cause_order
"""


def covered(row: Row) -> Markup:
    """Coverage to standard as a cell."""
    return rate(
        row["account_cts"],
        row["accounts_covered"],
        row["accounts_evaluable"],
        row["account_cts_low"],
        row["account_cts_high"],
        is_low_n=row["is_low_n"],
    )


def coverage_trend(readings: Readings) -> Section:
    """Coverage to standard of each tier, quarter by quarter."""
    title = "Coverage over time"
    about = readings.quarter
    found = readings.rows(_TREND, about.starts_on) if about else []
    rows = [row for row in readings.by_tier(found) if row["account_cts"] is not None]
    if not rows:
        return Section("trend", title, missing="No quarter's coverage can be told yet; see above.")
    moved = [row for row in rows if row["has_moved"]]
    return Section(
        "trend",
        title,
        said=[
            "The line is the share of accounts covered, the band its 95 % interval, the dashed "
            "line the target.",
            f"A square is what was first reported, where it differs: {several(len(moved), 'case')}."
            if moved
            else "No quarter reads otherwise than it was first reported.",
        ],
        figures=list(_trends(readings, rows)),
    )


def _trends(readings: Readings, rows: Sequence[Row]) -> Iterator[Figure]:
    all_quarters = sorted({row["period_start"] for row in rows})
    for tier_id, quarters in groupby(rows, key=lambda row: str(row["tier_id"])):
        own = list(quarters)
        by_quarter = {row["period_start"]: row for row in own}
        first, last = own[0], own[-1]
        title = readings.tier(tier_id)
        drawn = [_point(starts_on, by_quarter.get(starts_on, {})) for starts_on in all_quarters]
        about = (
            f"{quarter(first['period_start'])}: {percent(first['account_cts'])}; "
            f"{quarter(last['period_start'])}: {percent(last['account_cts'])}, "
            f"{between(last['account_cts_low'], last['account_cts_high'])}"
        )
        if last["target_cts"] is not None:
            about += f"; target {percent(last['target_cts'])}"
        chart = trend(drawn, last["target_cts"])
        svg = draw(chart, f"trend-{_slug(tier_id)}", f"Coverage of {title}", about)
        yield Figure(svg, title, _trend_table(title, own))


def _point(starts_on: date, row: Row) -> dict[str, Any]:
    """A quarter of a tier as it is drawn; a gap where it was not measured."""
    return {
        "label": f"{quarter(starts_on)[:3]}{starts_on:%y}",
        "value": row.get("account_cts"),
        "low": row.get("account_cts_low"),
        "high": row.get("account_cts_high"),
        "first": row.get("first_reported") if row.get("has_moved") else None,
    }


def _trend_table(title: str, rows: Sequence[Row]) -> Table:
    return Table(
        f"Coverage of {title}, quarter by quarter",
        [
            Column("quarter", is_number=False),
            Column("covered to standard", "mart_coverage_tier_period.account_cts"),
            Column("first reported", "mart_coverage_tier_period.basis"),
            Column("target", "mart_coverage_tier_period.target_cts"),
        ],
        [
            (
                quarter(row["period_start"]),
                covered(row),
                percent(row["first_reported"]),
                percent(row["target_cts"]),
            )
            for row in rows
        ],
    )


def causes(readings: Readings) -> Section:
    """Why the tier that falls furthest short is not covered."""
    about = readings.quarter
    rows = readings.rows(_CAUSES, about.starts_on) if about else []
    known = [row for row in rows if row["verdict"] not in (None, "not_measurable")]
    worst = [row for row in known if row["gap_rank"] == 1 and (row["gap"] or 0) > 0]
    if about is None or not known:
        return Section(
            "causes", "Why accounts are not covered", missing="There is no coverage to explain yet."
        )
    if not worst:
        return Section(
            "causes",
            "Why accounts are not covered",
            said=["No tier is further below its target than chance explains."],
            tables=[_cause_table(readings, rows)],
        )
    tier = readings.tier(worst[0]["tier_id"])
    told = [row for row in worst if row["accounts"]]
    title = f"Accounts of {tier} that are not covered, by cause, {quarter(about.starts_on)}"
    drawn = [
        {
            "label": cause_words(row["cause"]),
            "value": row["accounts"],
            "text": " · ".join(
                [count(row["accounts"]), *([readings.money(row["arr"])] if row["arr"] else [])]
            ),
        }
        for row in told
    ]
    spoken = "; ".join(f"{row['label']}: {row['text']}" for row in drawn)
    return Section(
        "causes",
        f"Why {tier} falls short",
        said=[_first_cause(readings, worst)],
        figures=[Figure(draw(bars(drawn), "causes-picture", title, spoken), title)] if told else [],
        tables=[_cause_table(readings, rows)],
    )


def _first_cause(readings: Readings, worst: Sequence[Row]) -> Text:
    most = worst[0]
    return Markup(
        "{} of its {} ({}){} have one {}: <strong>{}</strong>. Each account has one, the first "
        "that applies."
    ).format(
        count(most["accounts"]),
        several(most["accounts_uncovered"], "uncovered account"),
        percent(most["uncovered_share"]),
        readings.worth(most["arr"]),
        readings.glossary.link("mart_coverage_account_period.cause", "cause"),
        cause_words(most["cause"]),
    )


def _cause_table(readings: Readings, rows: Sequence[Row]) -> Table:
    tiers = list(dict.fromkeys(row["tier_id"] for row in readings.by_tier(list(rows))))
    causes_found = list(dict.fromkeys(row["cause"] for row in rows if row["accounts"]))
    counts = {(row["tier_id"], row["cause"]): row["accounts"] for row in rows}
    uncovered = {row["tier_id"]: row["accounts_uncovered"] for row in rows}
    return Table(
        "Accounts that are not covered, by cause and tier",
        [
            Column("cause", "mart_coverage_account_period.cause", is_number=False),
            *(Column("all" if tier == "ALL" else tier) for tier in tiers),
        ],
        [
            *(
                (cause_words(cause), *(count(counts.get((tier, cause))) for tier in tiers))
                for cause in causes_found
            ),
            ("not covered in all", *(count(uncovered[tier]) for tier in tiers)),
        ],
        fits_phone=True,
    )


def _slug(tier_id: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in tier_id)
