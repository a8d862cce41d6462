"""Whether the time fits the work, and whether people or tools are missing.

Belongs here: people there and people needed, the ratio that follows, the case for people. Does not:
any one person's load.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.charts import pairs
from pipelines.report.drawing import draw
from pipelines.report.parts import Column, Figure, Mark, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import count, hours, number, percent, several, signed

PRESENT = Mark("people there", "#1b2530", "circle")
NEEDED = Mark("people needed", "#1f5fa8", "diamond")

_TIERS = "select * from mart_capacity_tier where tier_id <> 'NONE' order by tier_id"
_CASE = """
    select * from mart_headcount_case where scenario = 'mid' order by tier_id
"""

_CASE_WORDS = {
    "insufficient_data": "cannot be told yet",
    "no_gap": "nobody is missing",
    "investigate_reactive_drivers": "look into what keeps people busy first",
    "tooling_first": "build the tools first",
    "mixed": "some of both",
    "headcount_supported": "people are missing",
}


def capacity(readings: Readings) -> Section:
    """Need over supply by tier; how many accounts a person has time for follows from it."""
    rows = readings.by_tier(readings.rows(_TIERS))
    told = [row for row in rows if row["needed_fte"] is not None]
    if not told:
        missing = "No tier is owed anything yet: capacity follows from tiers and their standards."
        return Section("capacity", "Capacity", missing=missing)
    return Section(
        "capacity",
        "Capacity",
        said=[*_fit(readings, told), *_supply(told)],
        figures=_picture(readings, told),
        legend=(PRESENT, NEEDED),
        tables=[_table(readings, told)],
    )


def _fit(readings: Readings, rows: Sequence[Row]) -> Iterator[Text]:
    for row in (row for row in rows if row["tier_id"] == "ALL" and row["fte"] is not None):
        yield Markup(
            "{} accounts need {} full-time people; {} are there ({} {} of {} hours a year)."
        ).format(
            count(row["accounts"]),
            number(row["needed_fte"]),
            number(row["fte"]),
            percent(row["utilisation"]),
            readings.glossary.link("mart_capacity_tier.utilisation", "used"),
            hours(row["supply_hours"]),
        )
    over = [row for row in rows if row["utilisation_band"] == "over" and row["tier_id"] != "ALL"]
    for row in over:
        yield Markup("<strong>{} needs {} of the hours it has.</strong>").format(
            readings.tier(row["tier_id"]), percent(row["utilisation"])
        )


def _supply(rows: Sequence[Row]) -> Iterator[Text]:
    unknown = [row for row in rows if row["tier_id"] == "ALL" and row["supply_hours"] is None]
    if unknown:
        yield (
            "How many people there are is not known: users with their hours or FTE, and who leads "
            "which account, would bring what is missing."
        )


def _picture(readings: Readings, rows: Sequence[Row]) -> list[Figure]:
    known = [row for row in rows if row["fte"] is not None and row["tier_id"] != "ALL"]
    if not known:
        return []
    drawn = [
        {
            "label": readings.tier(row["tier_id"]),
            "mark": mark.name,
            "value": row[a],
            "other": row[b],
        }
        for row in known
        for mark, a, b in ((PRESENT, "fte", "needed_fte"), (NEEDED, "needed_fte", "fte"))
    ]
    title = "Full-time people, there and needed"
    spoken = "; ".join(
        f"{readings.tier(row['tier_id'])}: {number(row['fte'])} there, "
        f"{number(row['needed_fte'])} needed"
        for row in known
    )
    chart = pairs(drawn, (PRESENT, NEEDED))
    return [Figure(draw(chart, "people", title, spoken), title)]


def _table(readings: Readings, rows: Sequence[Row]) -> Table:
    of = "mart_capacity_tier."
    return Table(
        "Tier by tier",
        [
            Column("tier", is_number=False),
            Column("hours needed", of + "required_hours"),
            Column("people there", of + "fte"),
            Column("people needed", of + "needed_fte"),
            Column("missing", of + "fte_gap"),
            Column("accounts a person has", of + "accounts_per_fte"),
            Column("has time for", of + "implied_accounts_per_fte"),
        ],
        [
            (
                readings.tier(row["tier_id"]),
                _need(row),
                number(row["fte"]),
                number(row["needed_fte"]),
                signed(row["fte_gap"]),
                number(row["accounts_per_fte"], 0),
                number(row["implied_accounts_per_fte"], 0),
            )
            for row in rows
        ],
        note="Accounts a person has time for is a result: of what the tier is owed, what its "
        "customers ask, and the hours that people have. It is no target, and for all tiers "
        "together it would be right for none.",
    )


def _need(row: Row) -> Markup:
    supply = row["supply_hours"]
    told = "supply not known" if supply is None else f"of {hours(supply)} supplied"
    return Markup('<b>{}</b> <span class="of">{}, {}</span>').format(
        hours(row["required_hours"]), told, several(row["accounts"], "account")
    )


def headcount_case(readings: Readings) -> Section:
    """People or tools: what is missing, and what tools could give back of it."""
    rows = readings.by_tier(readings.rows(_CASE))
    everything = [row for row in rows if row["tier_id"] == "ALL"]
    if not everything:
        return Section("case", "People or tools", missing="There is no case to be made yet.")
    case = everything[0]
    said: list[Text] = [
        Markup("<strong>{}</strong> {}").format(
            readings.glossary.link(
                "mart_headcount_case.verdict",
                f"All tiers: {_CASE_WORDS.get(case['verdict'], str(case['verdict']))}.",
            ),
            case["verdict_reason"] or "",
        )
    ]
    if case["verdict"] == "insufficient_data":
        return Section("case", "People or tools", said=said)
    of = "mart_headcount_case."
    return Section(
        "case",
        "People or tools",
        said=[*said, "cs-coverage case prints the whole page."],
        tables=[
            Table(
                "Tier by tier, full-time people",
                [
                    Column("tier", is_number=False),
                    Column("there", of + "fte"),
                    Column("missing", of + "gap_fte"),
                    Column("tools could give back", of + "fte_equivalent"),
                    Column("missing after", of + "residual_fte_low"),
                    Column("verdict", of + "verdict", is_number=False),
                ],
                [
                    (
                        readings.tier(row["tier_id"]),
                        number(row["fte"]),
                        signed(row["gap_fte"]),
                        _range(row["fte_equivalent_redeployed"], row["fte_equivalent"]),
                        _range(row["residual_fte_low"], row["residual_fte_high"]),
                        _CASE_WORDS.get(row["verdict"], str(row["verdict"])),
                    )
                    for row in rows
                    if row["tier_id"] != "NONE"
                ],
            )
        ],
    )


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return number(low if high is None else high)
    least, most = number(low), number(high)
    return least if least == most else f"{least}–{most}"
