"""Where the team's time goes. Nobody's own time: tiers and the team as a whole.

Belongs here: planned work, customers' troubles, internal work, and what nobody knows of. Does not:
whether the time suffices (capacity).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.charts import stacks
from pipelines.report.drawing import draw
from pipelines.report.parts import Column, Figure, Mark, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import hours, listed, percent, plain, quarter, rate

KINDS = (
    Mark("proactive", "#1f5fa8"),
    Mark("reactive", "#e08a2e"),
    Mark("internal", "#8a94a0"),
    Mark("unclassified", "#c3cad3"),
)

_QUARTER = """
    select
        tier_id,
        period_start,
        period_end,
        proactive_hours,
        reactive_hours,
        internal_hours,
        unclassified_hours,
        tracked_hours,
        contracted_hours,
        proactive_hours / nullif(tracked_hours, 0) as proactive_share,
        reactive_share,
        internal_hours / nullif(tracked_hours, 0) as internal_share,
        unclassified_hours / nullif(tracked_hours, 0) as unclassified_share,
        unaccounted_share,
        verdict,
        top_reasons
    from mart_time_balance
    where
        grain = 'tier_quarter'
        and tier_id <> 'NONE'
        and period_start = (
            select max(period_start)
            from mart_time_balance
            where grain = 'tier_quarter' and period_end <= as_of_date and tracked_hours > 0
        )
    order by tier_id
"""

_PREPARATION = """
    select prep_counts_as
    from cfg_model
    where holds_from <= as_of_date and coalesce(holds_to > as_of_date, true)
"""

_VERDICTS = {
    "mostly_reactive": "mostly firefighting",
    "not_mostly_reactive": "not mostly firefighting",
    "too_much_unaccounted": "too much is not accounted for",
}

_MISSING = (
    "No time of CSMs is known for a whole quarter. Time entries (a sheet of day, person, account, "
    "minutes and kind of work will do) or calendars would bring it."
)


def time_split(readings: Readings) -> Section:
    """Proactive, reactive and internal time of the last whole quarter, by tier."""
    rows = readings.by_tier(readings.rows(_QUARTER))
    told = [row for row in rows if row["tracked_hours"]]
    if not told:
        return Section("time", "Where time goes", missing=_MISSING)
    return Section(
        "time",
        f"Where time goes, {quarter(told[0]['period_start'])}",
        said=[*_balance(readings, told), *_preparation(readings)],
        figures=[_picture(readings, told)],
        legend=KINDS,
        tables=[_table(readings, told)],
    )


def _balance(readings: Readings, rows: Sequence[Row]) -> Iterator[Text]:
    link = readings.glossary.link
    for row in (row for row in rows if row["tier_id"] == "ALL"):
        yield Markup("Of {} hours {}, {} went into {}.").format(
            hours(row["tracked_hours"]),
            link("mart_time_balance.tracked_hours", "tracked"),
            percent(row["reactive_share"]),
            link("mart_time_balance.reactive_share", "customers' questions and troubles"),
        )
        if row["unaccounted_share"] is not None:
            yield Markup("Of {} hours contracted, {} are {}.").format(
                hours(row["contracted_hours"]),
                percent(row["unaccounted_share"]),
                link("mart_time_balance.unaccounted_share", "not accounted for"),
            )
    for row in (row for row in rows if row["verdict"] == "mostly_reactive"):
        if row["tier_id"] != "ALL":
            reasons = listed(plain(reason) for reason in row["top_reasons"] or ["nothing named"])
            yield Markup(
                "<strong>{} is mostly firefighting:</strong> {} of its {} hours. {}: {}."
            ).format(
                readings.tier(row["tier_id"]),
                percent(row["reactive_share"]),
                hours(row["tracked_hours"]),
                link("mart_time_balance.top_reasons", "What it was"),
                reasons,
            )


def _preparation(readings: Readings) -> Iterator[Text]:
    for row in readings.rows(_PREPARATION):
        if row["prep_counts_as"] is not None:
            yield Markup(
                "Preparing customers' meetings counts as {}; {} would be another split."
            ).format(
                plain(row["prep_counts_as"]).split()[0],
                readings.glossary.link("cfg_model.prep_counts_as", "counting it otherwise"),
            )


def _picture(readings: Readings, rows: Sequence[Row]) -> Figure:
    drawn = [
        {
            "label": readings.tier(row["tier_id"]),
            "mark": kind.name,
            "share": row[f"{kind.name}_share"],
            "text": percent(row[f"{kind.name}_share"]),
        }
        for row in rows
        for kind in KINDS
    ]
    title = "Tracked time by kind"
    spoken = "; ".join(
        f"{readings.tier(row['tier_id'])}: {percent(row['proactive_share'])} proactive, "
        f"{percent(row['reactive_share'])} reactive, {percent(row['internal_share'])} internal"
        for row in rows
    )
    return Figure(draw(stacks(drawn, KINDS), "time-picture", title, spoken), title)


def _table(readings: Readings, rows: Sequence[Row]) -> Table:
    of = "mart_time_balance."
    return Table(
        "Tier by tier, hours",
        [
            Column("tier", is_number=False),
            Column("proactive", of + "proactive_hours"),
            Column("reactive", of + "reactive_hours"),
            Column("internal", of + "internal_hours"),
            Column("not accounted for", of + "unaccounted_share"),
            Column("verdict", of + "verdict", is_number=False),
        ],
        [
            (
                readings.tier(row["tier_id"]),
                *(
                    Markup('<b>{}</b> <span class="of">{} of {} h</span>').format(
                        percent(row[f"{kind}_share"]),
                        hours(row[f"{kind}_hours"]),
                        hours(row["tracked_hours"]),
                    )
                    for kind in ("proactive", "reactive", "internal")
                ),
                rate(row["unaccounted_share"])
                if row["contracted_hours"] is None
                else Markup('<b>{}</b> <span class="of">of {} h</span>').format(
                    percent(row["unaccounted_share"]), hours(row["contracted_hours"])
                ),
                _VERDICTS.get(row["verdict"], plain(row["verdict"])),
            )
            for row in rows
        ],
    )
