"""Why an account has its health score.

Belongs here: what the score is made of today, and what moved it. Does not: its tier or coverage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from functools import partial

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.explain.published import (
    Published,
    Row,
    Unanswerable,
    account_named,
    answer,
    heading,
    or_else,
)
from pipelines.home import Home

_STYLES = {"green": "green", "yellow": "yellow", "red": "red"}

_STATUSES = {
    "ok": "",
    "stale": "too old to count",
    "missing": "no data",
    "not_applicable": "not expected here",
}

_OVERRIDES = {
    "by_hand": "set by hand",
    "red_sentiment": "held down, because the CSM's sentiment is red",
}

_UNSEEN = 0.005
"""Points that round to nothing."""

LONGEST_NAME, LONGEST_WORD = 20, 8
"""What the first and the last column keep on a narrow screen: they are what people look for."""


def explain_score(home: Home, account: str, console: Console | None = None) -> int:
    """Print what an account's score is made of, and what moved it over four weeks.

    Returns the command's exit code.
    """
    return answer(home, console or Console(), partial(_tell_score, account))


def _tell_score(account: str, published: Published, console: Console) -> None:
    found = account_named(published, account)
    console.print(heading(found), highlight=False)
    account_id, as_of = found["account_id"], found["as_of_date"]
    scores = published.rows(
        "select health.*, model.min_coverage from fct_health_daily as health "
        "left join cfg_model as model on health.config_version_of_day = model.effective_from "
        "where account_id = ? and as_of_on = ?",
        account_id,
        as_of,
    )
    if not scores:
        raise Unanswerable("It has no score: it has not been active in the last two years.")
    measures = published.rows(
        "select * from fct_health_measure_daily where account_id = ? and as_of_on = ? "
        "order by effective_weight desc nulls last, measure_group, measure",
        account_id,
        as_of,
    )
    effects = published.rows(
        "select *, score_effect + availability_effect + config_effect as points "
        "from fct_health_change where account_id = ? and from_on between ? and ? "
        "order by abs(points) desc, measure",
        account_id,
        as_of - timedelta(days=34),
        as_of - timedelta(days=28),
    )
    for line in _summary(scores[0]):
        console.print(line, highlight=False, soft_wrap=True)
    if measures:
        console.print(_measures(measures, as_of))
    if effects:
        console.print(_effects(effects))


def _summary(score: Row) -> Iterator[str]:
    """What the score is, in the order in which one would ask."""
    if score["frozen_on"] is not None:
        yield f"It left on {score['frozen_on']}; this is its last score."
    if score["final_score"] is None:
        yield (
            f"No score: {_percent(score['input_coverage'])} of what counts is known, "
            f"{_percent(score['min_coverage'])} is needed."
        )
    else:
        shown = "" if score["shown_band"] == score["band"] else f", shown {score['shown_band']}"
        yield (
            f"Score {_points(score['final_score'])}, {_coloured(score['band'])}{shown}; "
            f"{_percent(score['input_coverage'])} of what counts is known."
        )
    computed = score["computed_score"]
    if score["override_kind"] is not None and score["override_score"] != computed:
        what = "nothing is computed" if computed is None else f"{_points(computed)} is computed"
        yield f"It is {_OVERRIDES.get(score['override_kind'], score['override_kind'])}: {what}."
    moved = [
        f"{_points(score[name], signed=True)} in {days} days"
        for name, days in (("delta_28d", 28), ("delta_90d", 90))
        if score[name] is not None
    ]
    if moved:
        yield f"It moved {', '.join(moved)}."
    if score["held_measures"]:
        yield (
            f"Held at what it was, because the source changed for many accounts in one night: "
            f"{escape(', '.join(score['held_measures']))}."
        )
    if score["csp_score"] is not None:
        yield (
            f"{escape(or_else(score['csp_score_source'], 'The platform'))} itself gives it "
            f"{_points(score['csp_score'])}."
        )


def _measures(rows: Sequence[Row], as_of: date) -> Table:
    table = Table(title=f"What it is made of on {as_of}", title_justify="left")
    table.add_column("measure", overflow="fold", min_width=LONGEST_NAME)
    for name in ("value", "days old", "score", "weight", "points"):
        table.add_column(name, justify="right")
    table.add_column("", min_width=LONGEST_WORD)
    for row in rows:
        table.add_row(
            escape(row["measure"]),
            "" if row["raw_value"] is None else f"{row['raw_value']:,.2f}",
            or_else(row["age_days"], ""),
            _points(row["score"]),
            _percent(row["effective_weight"]),
            _points(row["contribution"]),
            _remark(row),
        )
    return table


def _remark(row: Row) -> str:
    if row["is_held"]:
        return f"held, measured {_points(row['measured_score'])}"
    if row["status"] == "ok" and row["is_stale_warned"]:
        return "getting old"
    return _STATUSES.get(row["status"], str(row["status"]))


def _effects(rows: Sequence[Row]) -> Table:
    """What moved the computed score, the largest first; what moved it by nothing is left out."""
    first = rows[0]
    before, after = first["computed_score_from"], first["computed_score_to"]
    title = (
        f"What moved it since {first['from_on']}: {_points(before)} to {_points(after)} "
        f"({_points(after - before, signed=True)})"
    )
    table = Table("measure", title=title, title_justify="left")
    for name in ("own score", "weight of known inputs", "coverage model", "points"):
        table.add_column(name, justify="right")
    moved = [row for row in rows if abs(row["points"]) >= _UNSEEN]
    for row in moved:
        is_model = row["measure"] == "(model)"
        table.add_row(
            escape(row["measure"]),
            "" if is_model else _points(row["score_effect"], signed=True),
            "" if is_model else _points(row["availability_effect"], signed=True),
            _points(row["config_effect"], signed=True) if is_model else "",
            _points(row["points"], signed=True),
        )
    if not moved:
        table.add_row("nothing", "", "", "", "")
    return table


def _coloured(band: str) -> str:
    style = _STYLES.get(band)
    return f"[{style}]{band}[/]" if style else band.replace("_", " ")


def _points(number: float | None, *, signed: bool = False) -> str:
    """Points with two places; with a sign where they are a change."""
    if number is None:
        return ""
    return f"{number:+.2f}" if signed else f"{number:.2f}"


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
