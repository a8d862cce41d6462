"""What became of customers and their money, by the tier that they had then.

Belongs here: retention and renewal of the last twelve months, and why the whole moved. Does not:
renewals to come (renewals).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.charts import intervals
from pipelines.report.drawing import draw
from pipelines.report.parts import Column, Figure, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import amount_rate, day, percent, points, quarter, rate

_TIERS = """
    select *
    from mart_outcomes_tier_period
    where
        period_type = 'trailing_12m'
        and attribution = 'tier_then'
        and basis = 'restated'
        and period_end = (
            select max(period_end)
            from mart_outcomes_tier_period
            where period_type = 'trailing_12m' and period_end <= as_of_date
        )
        and (accounts_due > 0 or cohort_accounts > 0)
    order by tier_id
"""

_BRIDGE = """
    select *
    from mart_mix_bridge
    where
        metric = 'grr'
        and tier_id = 'ALL'
        and rate_before is not null
        and period_end = $1
    order by comparison
"""

_MISSING = (
    "No source says what customers pay and until when: contracts (id, account, start, end, ARR) "
    "from a CRM or a sheet would bring renewals, retention and expansion."
)


def outcomes(readings: Readings) -> Section:
    """Retention and renewal of twelve months, by tier as it was then."""
    title = "Retention and expansion"
    rows = readings.by_tier(readings.rows(_TIERS))
    if not any(row["grr"] is not None or row["logo_renewal_rate"] is not None for row in rows):
        return Section("outcomes", title, missing=_MISSING)
    until = rows[0]["period_end"]
    return Section(
        "outcomes",
        title,
        said=[
            Markup(
                "The twelve months up to {}. Retention asks what is left of all customers of a "
                "year ago; renewal asks who stayed of those who could leave. A tier's customers "
                "are those that it had {}."
            ).format(
                day(until),
                readings.glossary.link("mart_outcomes_tier_period.attribution", "then"),
            ),
            *_why_it_moved(readings, until),
        ],
        figures=list(_pictures(readings, rows)),
        tables=[_table(readings, rows)],
    )


def _why_it_moved(readings: Readings, until: object) -> Iterator[Text]:
    before = {"quarter_before": "a quarter before", "year_before": "a year before"}
    for row in readings.rows(_BRIDGE, until):
        yield Markup(
            "Gross retention of all tiers was {} {}, {} now: {} from the {}, {} from {}."
        ).format(
            percent(row["rate_before"]),
            before.get(row["comparison"], quarter(row["base_period_start"])),
            percent(row["rate_after"]),
            points(row["rate_effect"]),
            readings.glossary.link("mart_mix_bridge.rate_effect", "tiers' own rates"),
            points(row["mix_effect"]),
            readings.glossary.link("mart_mix_bridge.mix_effect", "what each tier weighs"),
        )


def _pictures(readings: Readings, rows: Sequence[Row]) -> Iterator[Figure]:
    for name, title in (("grr", "Gross revenue retention"), ("nrr", "Net revenue retention")):
        drawn = [
            {
                "label": readings.tier(row["tier_id"]),
                "value": row[name],
                "low": row[f"{name}_low"],
                "high": row[f"{name}_high"],
            }
            for row in rows
            if row[name] is not None
        ]
        if not drawn:
            continue
        spoken = "; ".join(f"{row['label']}: {percent(row['value'])}" for row in drawn)
        whole = 1.0 if name == "nrr" else None
        yield Figure(draw(intervals(drawn, reference=whole), name, title, spoken), title)


def _table(readings: Readings, rows: Sequence[Row]) -> Table:
    of = "mart_outcomes_tier_period."
    return Table(
        "Tier by tier",
        [
            Column("tier", is_number=False),
            Column("accounts kept", of + "logo_retention"),
            Column("gross retention", of + "grr"),
            Column("net retention", of + "nrr"),
            Column("expansion", of + "expansion_rate"),
            Column("gross renewal", of + "gross_renewal_rate"),
        ],
        [
            (
                readings.tier(row["tier_id"]),
                rate(
                    row["logo_retention"],
                    row["cohort_accounts_kept"],
                    row["cohort_accounts"],
                    row["logo_retention_low"],
                    row["logo_retention_high"],
                    is_low_n=row["is_cohort_low_n"],
                ),
                *(
                    amount_rate(
                        row[name],
                        readings.money(row["cohort_arr"]),
                        row[f"{name}_low"],
                        row[f"{name}_high"],
                    )
                    for name in ("grr", "nrr")
                ),
                percent(row["expansion_rate"]),
                amount_rate(
                    row["gross_renewal_rate"],
                    readings.money(row["atr"]),
                    row["gross_renewal_rate_low"],
                    row["gross_renewal_rate_high"],
                ),
            )
            for row in rows
        ],
        note="Ranges are 95 % intervals. Expansion is of the same ARR as retention.",
    )
