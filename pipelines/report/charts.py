"""The report's pictures: Vega-Lite through Altair, drawn to SVG that needs no script.

Belongs here: kinds of picture, their colours and sizes. Does not: what they show (the sections), or
any number that is not in the rows given.

Every picture is drawn as wide as a phone shows it, so that its letters have the same size there;
on wider pages several stand side by side.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt

from pipelines.report.drawing import ACCENT, GRID, INK, MUTED, WIDTH
from pipelines.report.parts import Mark

Values = Sequence[Mapping[str, Any]]
Picture = alt.LayerChart | alt.FacetChart

_PERCENT = "format(datum.value * 100, '.0f') + ' %'"
_POINTS = "datum.value == 0 ? '0' : format(datum.value * 100, '+.0f')"


def positions(rows: Values, marks: Sequence[Mark], expected: float | None) -> Picture:
    """Where tiers stand: x is coverage from its target, y is renewal, each with its interval.

    Rows: tier, mark, x, x_low, x_high, y, y_low, y_high (fractions).
    """
    across = _halves(_all(rows, "x_low", "x_high"))
    up = _span([1.03, *_all(rows, "y_low"), expected or 1.0], margin=0.05)
    ticks = [tick / 10 for tick in range(11) if up[0] <= tick / 10]
    base = alt.Chart(_data(_labelled(rows, across, up)))
    x = alt.X("x:Q", title="coverage, points from the tier's target", axis=_axis(_POINTS))
    x = x.scale(domain=across, nice=False, zero=False)
    y = alt.Y("y:Q", title=None, axis=_axis(_PERCENT, values=ticks))
    y = y.scale(domain=up, nice=False, zero=False)
    colour, shape = _look(marks)
    reach = base.mark_rule(strokeWidth=2, opacity=0.5)
    return alt.layer(
        _rule(x=0.0),
        *([_rule(y=expected)] if expected is not None else []),
        *_corners(across, up, are_halved=expected is not None),
        reach.encode(x=alt.X("x_low:Q"), x2="x_high:Q", y=y, color=colour),
        reach.encode(x=x, y=alt.Y("y_low:Q"), y2="y_high:Q", color=colour),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x=x, y=y, color=colour, shape=shape
        ),
        base.mark_text(align="left", dx=8, dy=-9, fontWeight="bold", color=INK)
        .transform_filter("!datum.is_crowded")
        .encode(x=x, y=y, text="tier:N"),
        base.mark_text(align="right", dx=-8, dy=12, fontWeight="bold", color=INK)
        .transform_filter("datum.is_crowded")
        .encode(x=x, y=y, text="tier:N"),
    ).properties(width=WIDTH, height=340)


def _halves(reached: Sequence[float]) -> list[float]:
    """A range around 0 with room for words on either side."""
    left, right = min(-0.1, *reached) - 0.04, max(0.1, *reached) + 0.04
    return [min(left, -0.6 * right), max(right, -0.6 * left)]


def _labelled(rows: Values, across: Sequence[float], up: Sequence[float]) -> list[dict[str, Any]]:
    """Rows that say whether another, named before, stands so near that names would overlap."""
    near_x, near_y = 0.12 * (across[1] - across[0]), 0.08 * (up[1] - up[0])
    placed: list[dict[str, Any]] = []
    for row in rows:
        is_crowded = any(
            abs(row["x"] - other["x"]) < near_x and abs(row["y"] - other["y"]) < near_y
            for other in placed
        )
        placed.append({**row, "is_crowded": is_crowded})
    return placed


def _corners(across: Sequence[float], up: Sequence[float], *, are_halved: bool) -> list[alt.Chart]:
    """What each part of the picture means."""
    (left, right), (bottom, top) = across, up
    words = [(left, top, "short of target, renewing"), (right, top, "covered, renewing")]
    if are_halved:
        words += [(left, bottom, "short of target, leaving"), (right, bottom, "covered, leaving")]
    return [
        alt.Chart(_data([{"x": x, "y": y, "word": word}]))
        .mark_text(
            align="left" if x == left else "right",
            baseline="top" if y == top else "bottom",
            dx=4 if x == left else -4,
            dy=4 if y == top else -4,
            color=MUTED,
            fontStyle="italic",
        )
        .encode(x="x:Q", y="y:Q", text="word:N")
        for x, y, word in words
    ]


def trend(rows: Values, target: float | None) -> Picture:
    """A rate over time with its interval, and what was reported at first where that differs.

    Rows, in order: label, value, low, high, first (fractions, None where there is none).
    """
    base = alt.Chart(_data(rows))
    labels = [row["label"] for row in rows]
    x = alt.X("label:O", sort=labels, title=None).axis(
        values=labels[::-2], labelAngle=0, domainColor=GRID, ticks=False, labelPadding=6
    )
    y = alt.Y("value:Q", title=None, axis=_axis(_PERCENT)).scale(domain=[0, 1])
    layers = [
        base.mark_area(color=ACCENT, opacity=0.18).encode(x=x, y=alt.Y("low:Q"), y2="high:Q"),
        base.mark_line(color=ACCENT, strokeWidth=2).encode(x=x, y=y),
        base.mark_point(color=ACCENT, filled=True, size=30, opacity=1).encode(x=x, y=y),
        base.mark_point(color=INK, filled=False, size=60, shape="square")
        .transform_filter("isValid(datum.first)")
        .encode(x=x, y=alt.Y("first:Q")),
    ]
    if target is not None:
        layers.append(_rule(y=target))
    return alt.layer(*layers).properties(width=WIDTH, height=170)


def intervals(
    rows: Values, *, reference: float | None = None, start: float | None = None
) -> Picture:
    """Rates one below the other, each with its interval. Rows: label, value, low, high."""
    base = alt.Chart(_data(rows))
    y = _names(rows)
    known = [reference or 1.0, *_all(rows, "value", "low", "high")]
    edge = min(known) - 0.03 if start is None else start
    x = alt.X("value:Q", title=None, axis=_axis(_PERCENT))
    x = x.scale(domain=[max(edge, 0), max(*known, 1.0)], zero=False, nice=True)
    layers: list[Any] = [_rule(x=reference)] if reference is not None else []
    layers += [
        base.mark_rule(color=ACCENT, strokeWidth=3, opacity=0.45).encode(
            x=alt.X("low:Q"), x2="high:Q", y=y
        ),
        base.mark_point(color=ACCENT, filled=True, size=80, opacity=1).encode(x=x, y=y),
    ]
    return alt.layer(*layers).properties(width=WIDTH, height=_height(rows))


def bars(rows: Values, colour: str = ACCENT) -> Picture:
    """Amounts one below the other, each told at its end. Rows: label, value, text."""
    base = alt.Chart(_data(rows))
    y = _names(rows)
    most = max([1.0, *_all(rows, "value")])
    x = alt.X("value:Q", title=None, axis=None).scale(domain=[0, most * 2.2])
    return alt.layer(
        base.mark_bar(color=colour, height=16).encode(x=x, y=y),
        base.mark_text(align="left", dx=5, color=INK).encode(x=x, y=y, text="text:N"),
    ).properties(width=WIDTH, height=_height(rows))


def pairs(rows: Values, marks: Sequence[Mark]) -> Picture:
    """Two amounts one below the other, joined by a line. Rows: label, mark, value, other."""
    base = alt.Chart(_data(rows))
    y = _names(rows)
    x = alt.X("value:Q", title=None).axis(grid=True, tickCount=5).scale(zero=True)
    colour, shape = _look(marks)
    return alt.layer(
        base.mark_rule(color=MUTED, strokeWidth=2, opacity=0.5).encode(x=x, x2="other:Q", y=y),
        base.mark_point(filled=True, size=90, opacity=1).encode(
            x=x,
            y=y,
            color=colour,
            shape=shape,
        ),
    ).properties(width=WIDTH, height=_height(rows))


def stacks(rows: Values, marks: Sequence[Mark]) -> Picture:
    """Shares of a whole, one bar a row. Rows: label, mark, share, text (shown where it fits)."""
    placed = _stacked(rows, marks)
    base = alt.Chart(_data(placed))
    y = _names(rows)
    x = alt.X("from:Q", title=None, axis=_axis(_PERCENT)).scale(domain=[0, 1])
    return alt.layer(
        base.mark_bar(height=20, stroke="white", strokeWidth=1).encode(
            x=x, x2="to:Q", y=y, color=_look(marks)[0]
        ),
        base.mark_text(fontWeight="bold")
        .transform_filter("datum.share >= 0.03 + 0.03 * length(datum.text)")
        .encode(x=alt.X("middle:Q"), y=y, text="text:N", color=alt.Color("ink:N", scale=None)),
    ).properties(width=WIDTH, height=_height(rows))


def shares_over_time(rows: Values, marks: Sequence[Mark]) -> Picture:
    """Shares of a whole, day by day. Rows: label (an ISO day), mark, share."""
    placed = _stacked(rows, marks)
    x = alt.X("label:T", title=None).axis(
        format="%b %y", tickCount=5, grid=False, domainColor=GRID, labelOverlap=True
    )
    y = alt.Y("from:Q", title=None, axis=_axis(_PERCENT)).scale(domain=[0, 1])
    areas = [
        alt.Chart(_data([row for row in placed if row["mark"] == mark.name]))
        .mark_area(color=mark.colour, stroke="white", strokeWidth=1)
        .encode(x=x, y=y, y2="to:Q")
        for mark in marks
    ]
    return alt.layer(*areas).properties(width=WIDTH, height=190)


def _stacked(rows: Values, marks: Sequence[Mark]) -> list[dict[str, Any]]:
    """Each share with where it begins and ends in its bar."""
    order = [mark.name for mark in marks]
    dark = {mark.name: _is_dark(mark.colour) for mark in marks}
    reached: dict[Any, float] = {}
    placed = []
    for row in sorted(rows, key=lambda row: order.index(row["mark"])):
        begin = reached.get(row["label"], 0.0)
        end = begin + (row["share"] or 0.0)
        reached[row["label"]] = end
        ink = "white" if dark[row["mark"]] else INK
        placed.append({**row, "from": begin, "to": end, "middle": (begin + end) / 2, "ink": ink})
    return placed


def _is_dark(colour: str) -> bool:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue < 140


def _look(marks: Sequence[Mark]) -> tuple[alt.Color, alt.Shape]:
    """Colours and shapes by name; the legend stands beside the picture, as text."""
    names = [mark.name for mark in marks]
    colours = alt.Scale(domain=names, range=[mark.colour for mark in marks])
    shapes = alt.Scale(domain=names, range=[mark.shape for mark in marks])
    return (
        alt.Color("mark:N", scale=colours, legend=None),
        alt.Shape("mark:N", scale=shapes, legend=None),
    )


def _names(rows: Values) -> alt.Y:
    labels = list(dict.fromkeys(row["label"] for row in rows))
    axis = alt.Axis(domain=False, ticks=False, labelPadding=8, labelLimit=150)
    return alt.Y("label:N", sort=labels, title=None, axis=axis)


def _height(rows: Values) -> int:
    return 34 + 30 * len({row["label"] for row in rows})


def _axis(labels: str, values: Sequence[float] | None = None) -> alt.Axis:
    """An axis without a line; labels at the values given, else at about five."""
    where = alt.Undefined if values is None else values
    return alt.Axis(
        labelExpr=labels,
        values=where,
        tickCount=5 if values is None else alt.Undefined,
        labelOverlap=values is None,
        gridColor=GRID,
        domain=False,
        ticks=False,
    )


def _rule(*, x: float | None = None, y: float | None = None) -> alt.Chart:
    """A line to be compared with."""
    base = alt.Chart(_data([{"x": x, "y": y}]))
    mark = base.mark_rule(color=INK, strokeDash=[5, 4], strokeWidth=1.2)
    across = alt.X("x:Q") if x is not None else alt.Undefined
    up = alt.Y("y:Q") if y is not None else alt.Undefined
    drawn: alt.Chart = mark.encode(x=across, y=up)
    return drawn


def _span(values: Sequence[float], margin: float) -> list[float]:
    return [min(values) - margin, max(values) + margin]


def _all(rows: Values, *fields: str) -> list[float]:
    return [row[name] for row in rows for name in fields if row[name] is not None]


def _data(rows: Values) -> alt.InlineData:
    return alt.InlineData(values=[dict(row) for row in rows])
