"""The headline: coverage against outcome, tier by tier. No ratio.

Belongs here: the picture of the last whole quarter and what stands out in it. Does not: how it came
to that (coverage), or what became of the money (outcomes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.charts import positions
from pipelines.report.coverage import covered
from pipelines.report.drawing import draw
from pipelines.report.parts import Column, Figure, Mark, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import between, day, listed, percent, quarter, rate, several

_TIERS = """
    with verdicts as (
        select distinct
            tier_id, gap, gap_rank, arr_gap, expected_renewal_rate, is_outcome_below, verdict
        from mart_underserved_tier
        where period_type = 'quarter' and period_start = $1
    ),
    outcomes as (
        select
            tier_id,
            accounts_due,
            accounts_renewed,
            logo_renewal_rate,
            logo_renewal_rate_low,
            logo_renewal_rate_high,
            is_low_n
        from mart_outcomes_tier_period
        where
            period_type = 'trailing_12m'
            and attribution = 'tier_then'
            and basis = 'restated'
            and period_end = $2
    )
    select
        coverage.tier_id,
        coverage.accounts_active,
        coverage.accounts_evaluable,
        coverage.accounts_covered,
        coverage.account_cts,
        coverage.account_cts_low,
        coverage.account_cts_high,
        coverage.is_low_n,
        coverage.target_cts,
        coverage.not_measurable_reason,
        coverage.obligations_provisional,
        coverage.account_cts - coverage.target_cts as from_target,
        coverage.account_cts_low - coverage.target_cts as from_target_low,
        coverage.account_cts_high - coverage.target_cts as from_target_high,
        verdicts.* exclude (tier_id),
        outcomes.* exclude (tier_id, is_low_n),
        outcomes.is_low_n as is_outcome_low_n
    from mart_coverage_tier_period as coverage
    left join verdicts on coverage.tier_id = verdicts.tier_id
    left join outcomes on coverage.tier_id = outcomes.tier_id
    where
        coverage.period_type = 'quarter'
        and coverage.basis = 'restated'
        and coverage.period_start = $1
    order by coverage.tier_id
"""

SHORT = Mark("short of its target", "#c4460a", "triangle-down")
NO_VALUE = Mark("covered, and leaving all the same", "#7a3b8f", "diamond")
COVERED = Mark("covered", "#00735a", "circle")
TOO_FEW = Mark("too few to tell", "#55606d", "square")
UNTOLD = Mark("cannot be told", "#55606d", "square")

_VERDICTS = {
    "undercovered": SHORT,
    "covered_no_value": NO_VALUE,
    "covered": COVERED,
    "not_measurable": UNTOLD,
}

_MISSING = (
    "No tier's coverage can be told for any whole quarter yet. It needs accounts with contracts or "
    "ARR, and a source of activities (a CRM, a customer-success platform, a calendar, or a sheet "
    "of activities). Is one of them connected, and does it reach back a quarter?"
)


def headline(readings: Readings) -> Section:
    """Coverage and renewal of each tier in the last whole quarter, and what stands out."""
    about = readings.quarter
    rows = readings.rows(_TIERS, about.starts_on, about.ends_on) if about else []
    tiers = readings.by_tier([row for row in rows if row["tier_id"] != "ALL"])
    told = [row for row in tiers if row["account_cts"] is not None]
    if about is None or not told:
        reasons = {row["not_measurable_reason"] for row in tiers} - {None}
        why = f" Of tiers it is said: {'; '.join(sorted(reasons))}." if reasons else ""
        missing = _MISSING + why
        return Section("headline", "Coverage and outcome", missing=missing)
    everything = [row for row in rows if row["tier_id"] == "ALL"]
    return Section(
        "headline",
        f"Coverage and outcome by tier, {quarter(about.starts_on)}",
        said=[*standing_out(readings, told), *_still_open(about.is_closed, everything)],
        figures=_picture(readings, told),
        legend=_marks(told),
        tables=[_table(readings, [*tiers, *everything], about.ends_on)],
    )


def verdict(row: Row) -> Mark:
    """What is to be thought of a tier: a gap beyond chance is one, however few its accounts."""
    thought = _VERDICTS.get(row["verdict"] or "", UNTOLD)
    return TOO_FEW if row["is_low_n"] and thought in (COVERED, NO_VALUE) else thought


def standing_out(readings: Readings, tiers: Sequence[Row]) -> Iterator[Text]:
    """One sentence on the tier that falls furthest short, one on those covered without value."""
    link = readings.glossary.link
    short = [row for row in tiers if verdict(row) is SHORT]
    for row in sorted(short, key=lambda row: row["gap_rank"])[:1]:
        yield Markup(
            "<strong>{} falls furthest short:</strong> {} of {} accounts ({}, {}) got {}; its {} "
            "is {}.{}"
        ).format(
            readings.tier(row["tier_id"]),
            row["accounts_covered"],
            row["accounts_evaluable"],
            percent(row["account_cts"]),
            between(row["account_cts_low"], row["account_cts_high"]),
            link("mart_coverage_tier_period.account_cts", "all that they are owed"),
            link("mart_coverage_tier_period.target_cts", "target"),
            percent(row["target_cts"]),
            f" {readings.money(row['arr_gap'])} of ARR is not covered." if row["arr_gap"] else "",
        )
        others = [
            f"{readings.tier(other['tier_id'])} ({other['accounts_covered']} of "
            f"{other['accounts_evaluable']}, {percent(other['account_cts'])})"
            for other in short
            if other is not row
        ]
        if others:
            yield f"Short of its target, too: {listed(others)}."
    for row in (row for row in tiers if verdict(row) is NO_VALUE):
        yield Markup(
            "<strong>{} is covered, and leaves all the same:</strong> {} of {} accounts that were "
            "due {} ({}, {}), where {} is the {}. More of the same will not help."
        ).format(
            readings.tier(row["tier_id"]),
            row["accounts_renewed"],
            row["accounts_due"],
            link("mart_outcomes_tier_period.logo_renewal_rate", "renewed"),
            percent(row["logo_renewal_rate"]),
            between(row["logo_renewal_rate_low"], row["logo_renewal_rate_high"]),
            percent(row["expected_renewal_rate"]),
            link("mart_underserved_tier.expected_renewal_rate", "mean of the tiers"),
        )
    if not any(verdict(row) in (SHORT, NO_VALUE) for row in tiers):
        yield "No tier is further below its target than chance explains."
    few = [readings.tier(row["tier_id"]) for row in tiers if verdict(row) is TOO_FEW]
    if few:
        yield f"Too few accounts to tell: {listed(few)}."


def _still_open(is_closed: bool, everything: Sequence[Row]) -> Iterator[Text]:
    waiting = sum(row["obligations_provisional"] or 0 for row in everything)
    if not is_closed:
        wait = several(waiting, "obligation is", "obligations are")
        more = f", and {wait} not judged yet" if waiting else ""
        yield f"The quarter is not closed: what was done in it may still be logged{more}."


def _marks(tiers: Sequence[Row]) -> list[Mark]:
    return list(dict.fromkeys(verdict(row) for row in tiers))


def _picture(readings: Readings, tiers: Sequence[Row]) -> list[Figure]:
    drawn = [
        {
            "tier": row["tier_id"],
            "mark": verdict(row).name,
            "x": row["from_target"],
            "x_low": row["from_target_low"],
            "x_high": row["from_target_high"],
            "y": row["logo_renewal_rate"],
            "y_low": row["logo_renewal_rate_low"],
            "y_high": row["logo_renewal_rate_high"],
        }
        for row in tiers
        if row["logo_renewal_rate"] is not None and row["from_target"] is not None
    ]
    if not drawn:
        return []
    expected = {row["expected_renewal_rate"] for row in tiers} - {None}
    title = "Accounts that renewed in twelve months, against coverage"
    about = "; ".join(
        f"{readings.tier(row['tier_id'])}: {percent(row['account_cts'])} covered, target "
        f"{percent(row['target_cts'])}, {percent(row['logo_renewal_rate'])} renewed, "
        f"{verdict(row).name}"
        for row in tiers
    )
    chart = positions(drawn, _marks(tiers), min(expected, default=None))
    note = "Lines through a point are its 95 % intervals; dashed are the target"
    mean = ", and the mean of the tiers' renewals" if expected else ""
    return [Figure(draw(chart, "positions", title, about), title, note=f"{note}{mean}.")]


def _table(readings: Readings, rows: Sequence[Row], until: date) -> Table:
    return Table(
        "Tier by tier",
        [
            Column("tier", is_number=False),
            Column("covered to standard", "mart_coverage_tier_period.account_cts"),
            Column("target", "mart_coverage_tier_period.target_cts"),
            Column("renewed, 12 months", "mart_outcomes_tier_period.logo_renewal_rate"),
            Column("verdict", "mart_underserved_tier.verdict", is_number=False),
        ],
        [
            (
                readings.tier(row["tier_id"]),
                covered(row),
                percent(row["target_cts"]),
                rate(
                    row["logo_renewal_rate"],
                    row["accounts_renewed"],
                    row["accounts_due"],
                    row["logo_renewal_rate_low"],
                    row["logo_renewal_rate_high"],
                    is_low_n=row["is_outcome_low_n"],
                ),
                "" if row["tier_id"] == "ALL" else _chip(verdict(row)),
            )
            for row in rows
        ],
        note=f"Renewals of the twelve months up to {day(until)}, by the tier that an account "
        "had then. Ranges are 95 % intervals.",
    )


def _chip(mark: Mark) -> Markup:
    return Markup(
        '<span class="chip"><i style="color:{}" aria-hidden="true">{}</i>{}</span>'
    ).format(mark.colour, mark.glyph, mark.name)
