"""From a chart to the SVG that stands in the page.

Belongs here: the look that all charts share, and making an SVG that can be read aloud. Does not:
kinds of chart.
"""

from __future__ import annotations

import re

import altair as alt
import vl_convert
from markupsafe import Markup, escape

WIDTH = 360
"""Pixels of a phone's page; see charts."""

INK = "#1b2530"
MUTED = "#55606d"
GRID = "#dde2e8"
ACCENT = "#1f5fa8"

_LOOK: dict[str, object] = {
    "aria": False,  # the picture is described as one
    "background": None,
    "font": "Helvetica, Arial, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": MUTED,
        "titleColor": MUTED,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "gridColor": GRID,
        "domainColor": GRID,
    },
    "axisY": {"labelColor": INK},
    "text": {"fontSize": 12},
}

_OPENING = re.compile(r"<svg\b[^>]*?viewBox=\"([^\"]+)\"[^>]*>")
_TAG = re.compile(r"<[^>]+>")
_ROLE = re.compile(r" (?:role|aria-[a-z]+)=\"[^\"]*\"")
_ID = re.compile(r"(id=\"|url\(#)(\w+?)(\d+)")


def draw(
    chart: alt.LayerChart | alt.FacetChart, anchor: str, title: str, description: str
) -> Markup:
    """The chart as an SVG element named `anchor`, with title and description for who hears it."""
    specification = chart.properties(
        autosize=alt.AutoSizeParams(type="fit", contains="padding"), padding=4
    ).to_dict()
    specification["config"] = _LOOK
    drawn = vl_convert.vegalite_to_svg(specification)

    def opening(found: re.Match[str]) -> str:
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{found.group(1)}" role="img" '
            f'aria-labelledby="{anchor}-title" aria-describedby="{anchor}-about">'
            f'<title id="{anchor}-title">{escape(title)}</title>'
            f'<desc id="{anchor}-about">{escape(description)}</desc>'
        )

    silent = _TAG.sub(lambda tag: _ROLE.sub("", tag.group()), drawn)
    named = _unlike_any_other(silent, anchor)
    # Drawn from a specification: the drawer has escaped its texts.
    return Markup(_OPENING.sub(opening, named, count=1))  # noqa: S704


def _unlike_any_other(drawn: str, anchor: str) -> str:
    """Ids count on from picture to picture and from run to run: count them by picture instead."""
    places: dict[str, int] = {}

    def renamed(found: re.Match[str]) -> str:
        place = places.setdefault(found.group(2) + found.group(3), len(places))
        return f"{found.group(1)}{anchor}-{place}"

    return _ID.sub(renamed, drawn)
