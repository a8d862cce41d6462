"""How healthy customers are, and whether the score ever told who would leave.

Belongs here: bands by tier and over time, calibration. Does not: what a score is made of
(`cs-coverage explain score` says it of an account).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.charts import intervals, shares_over_time, stacks
from pipelines.report.drawing import draw
from pipelines.report.parts import Column, Figure, Mark, Section, Table, Text
from pipelines.report.readings import Readings
from pipelines.report.words import count, day, number, percent, plain, rate, several, signed

BANDS = (
    Mark("green", "#22776c"),
    Mark("yellow", "#f0c24b"),
    Mark("red", "#a3153a"),
    Mark("no score", "#9aa4b0"),
)
_SHARES = ("green_share", "yellow_share", "red_share", "insufficient_data_share")
"""Of each band, in the same order."""

_TODAY = """
    select
        *,
        round(green_share * accounts)::bigint as green,
        round(yellow_share * accounts)::bigint as yellow,
        round(red_share * accounts)::bigint as red,
        round(insufficient_data_share * accounts)::bigint as unscored
    from mart_health_trend_tier
    where as_of_on = (select max(as_of_on) from mart_health_trend_tier)
    order by tier_id
"""

_HALF_A_YEAR = """
    select as_of_on, green_share, yellow_share, red_share, insufficient_data_share, accounts
    from mart_health_trend_tier
    where
        tier_id = 'ALL'
        and as_of_on > as_of_date - interval 26 week
        and (isodow(as_of_on) = 7 or as_of_on = as_of_date)
    order by as_of_on
"""

_CALIBRATION = """
    select *
    from mart_health_calibration
    where tier_id = 'ALL' and period_type = 'all' and renewals > 0
    order by horizon_days
"""

_HORIZON_DAYS = 90
"""Which horizon is told in words; the table has all."""

_STATUS = {
    "calibrated": "The score tells who will leave",
    "weak": "The score tells something of who will leave, though not much",
    "uncalibrated": "The score does not tell who will leave",
    "insufficient": "Too few renewals were lost to tell whether the score says who will leave",
}

_MISSING = (
    "No account has a health score. It is made of product usage, support tickets, assessments, "
    "success plans and contact with the customer: any source of some of these would bring one."
)


def health(readings: Readings) -> Section:
    """Bands of today by tier, how they moved, and the score's calibration."""
    rows = readings.by_tier(readings.rows(_TODAY))
    if not any(row["accounts_scored"] for row in rows):
        return Section("health", "Health", missing=_MISSING)
    everything = [row for row in rows if row["tier_id"] == "ALL"]
    return Section(
        "health",
        "Health",
        said=[*_today(readings, everything), *_told(readings)],
        figures=[
            _by_tier(readings, rows),
            *_over_time(readings),
            *_calibration_picture(readings),
        ],
        legend=BANDS,
        tables=[_table(readings, rows), *_calibration_table(readings)],
    )


def _today(readings: Readings, everything: Sequence[Row]) -> Iterator[Text]:
    for row in everything:
        yield Markup("On {}, {} of {} accounts are red ({}), {} have no {}.").format(
            day(row["as_of_on"]),
            count(row["red"]),
            count(row["accounts"]),
            percent(row["red_share"]),
            count(row["unscored"]),
            readings.glossary.link("mart_health_trend_tier.accounts_scored", "score"),
        )


def _told(readings: Readings) -> Iterator[Text]:
    for row in readings.rows(_CALIBRATION):
        if row["horizon_days"] != _HORIZON_DAYS:
            continue
        yield Markup("<strong>{}</strong> ({}): {} of {} judged renewals were lost.").format(
            _STATUS.get(row["status"], plain(row["status"])),
            readings.glossary.link("mart_health_calibration.status", plain(row["status"])),
            count(row["lost"]),
            count(row["renewals"]),
        )
        if row["status"] != "insufficient":
            yield Markup(
                "{} days before the term ended, {} of the red ones were to be lost ({} of {}), and "
                "{} of the lost ones were red ({} of {}). {}"
            ).format(
                _HORIZON_DAYS,
                percent(row["red_precision"]),
                count(row["red_lost"]),
                count(row["red"]),
                percent(row["red_recall"]),
                count(row["red_lost"]),
                count(row["lost"]),
                row["caveat"] or "",
            )


def _by_tier(readings: Readings, rows: Sequence[Row]) -> Figure:
    counts = ("green", "yellow", "red", "unscored")
    drawn = [
        {
            "label": readings.tier(row["tier_id"]),
            "mark": mark.name,
            "share": row[share],
            "text": count(row[amount]),
        }
        for row in rows
        for mark, share, amount in zip(BANDS, _SHARES, counts, strict=True)
    ]
    title = "Accounts by band today"
    spoken = "; ".join(
        f"{readings.tier(row['tier_id'])}: {row['green']} green, {row['yellow']} yellow, "
        f"{row['red']} red, {row['unscored']} without a score"
        for row in rows
    )
    return Figure(draw(stacks(drawn, BANDS), "bands", title, spoken), title)


def _over_time(readings: Readings) -> Iterator[Figure]:
    rows = readings.rows(_HALF_A_YEAR)
    if len(rows) < 3:
        return
    drawn = [
        {"label": row["as_of_on"].isoformat(), "mark": mark.name, "share": row[share]}
        for row in rows
        for mark, share in zip(BANDS, _SHARES, strict=True)
    ]
    title = "All accounts by band, half a year"
    first, last = rows[0], rows[-1]
    spoken = (
        f"{day(first['as_of_on'])}: {percent(first['red_share'])} red; "
        f"{day(last['as_of_on'])}: {percent(last['red_share'])} red"
    )
    numbers = Table(
        title,
        [
            Column("day", is_number=False),
            *(
                Column(mark.name, f"mart_health_trend_tier.{share}")
                for mark, share in zip(BANDS, _SHARES, strict=True)
            ),
            Column("accounts", "mart_health_trend_tier.accounts"),
        ],
        [
            (
                day(row["as_of_on"]),
                *(percent(row[share]) for share in _SHARES),
                count(row["accounts"]),
            )
            for row in rows
        ],
    )
    chart = shares_over_time(drawn, BANDS)
    yield Figure(draw(chart, "bands-over-time", title, spoken), title, numbers)


def _calibration_picture(readings: Readings) -> Iterator[Figure]:
    rows = [row for row in readings.rows(_CALIBRATION) if row["auc_low"] is not None]
    if not rows:
        return
    drawn = [
        {
            "label": f"{row['horizon_days']} days before",
            "value": row["auc"],
            "low": row["auc_low"],
            "high": row["auc_high"],
        }
        for row in rows
    ]
    title = "How often a kept renewal had the higher score (50 % is chance)"
    spoken = "; ".join(f"{row['label']}: {percent(row['value'])}" for row in drawn)
    chart = intervals(drawn, reference=0.5, start=0.4)
    yield Figure(draw(chart, "calibration", title, spoken), title)


def _calibration_table(readings: Readings) -> Iterator[Table]:
    rows = readings.rows(_CALIBRATION)
    of = "mart_health_calibration."
    if rows:
        yield Table(
            "Did the score tell? All judged term ends",
            [
                Column("before the term end", of + "horizon_days", is_number=False),
                Column("term ends", of + "renewals"),
                Column("AUC", of + "auc"),
                Column("red ones lost", of + "red_precision"),
                Column("lost ones red", of + "red_recall"),
                Column("green ones lost", of + "false_green_rate"),
            ],
            [
                (
                    several(row["horizon_days"], "day"),
                    Markup('<b>{}</b> <span class="of">{} lost</span>').format(
                        count(row["renewals"]), count(row["lost"])
                    ),
                    Markup('<b>{}</b> <span class="of">{}</span>').format(
                        number(row["auc"], 2),
                        ""
                        if row["auc_low"] is None
                        else f"{number(row['auc_low'], 2)}–{number(row['auc_high'], 2)}",
                    ),
                    *(
                        rate(
                            row[name],
                            row[part],
                            row[whole],
                            row[f"{name}_low"],
                            row[f"{name}_high"],
                        )
                        for name, part, whole in (
                            ("red_precision", "red_lost", "red"),
                            ("red_recall", "red_lost", "lost"),
                            ("false_green_rate", "green_lost", "green"),
                        )
                    ),
                )
                for row in rows
            ],
        )


def _table(readings: Readings, rows: Sequence[Row]) -> Table:
    of = "mart_health_trend_tier."
    return Table(
        "Tier by tier",
        [
            Column("tier", is_number=False),
            Column("accounts scored", of + "accounts_scored"),
            Column("median score", of + "median_score"),
            Column("red", of + "red_share"),
            Column("moved in 28 days", of + "mean_delta_28d"),
            Column("moved in 90 days", of + "mean_delta_90d"),
        ],
        [
            (
                readings.tier(row["tier_id"]),
                f"{count(row['accounts_scored'])} of {count(row['accounts'])}",
                number(row["median_score"], 0),
                rate(row["red_share"], row["red"], row["accounts"]),
                *(
                    Markup('<b>{}</b> <span class="of">{} compared</span>').format(
                        signed(row[f"mean_delta_{days}"]), count(row[f"accounts_compared_{days}"])
                    )
                    for days in ("28d", "90d")
                ),
            )
            for row in rows
        ],
        note="Scores go from 0 to 100. Only accounts that were in the tier on both days are "
        "compared.",
    )
