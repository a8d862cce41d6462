"""The whole page: its sections in order, its head, and the glossary that they link to.

Belongs here: putting sections together and writing them as HTML. Does not: a section.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.explain.published import Published, Row, Unanswerable
from pipelines.report.capacity import capacity, headcount_case
from pipelines.report.coverage import causes, coverage_trend
from pipelines.report.data_state import data_state
from pipelines.report.glossary import read_glossary
from pipelines.report.headline import headline
from pipelines.report.health import health
from pipelines.report.outcomes import outcomes
from pipelines.report.parts import Section
from pipelines.report.readings import Readings
from pipelines.report.renewals import renewals
from pipelines.report.signals import signals
from pipelines.report.time_split import time_split
from pipelines.report.words import count, day

SECTIONS: Sequence[tuple[str, str, Callable[[Readings], Section]]] = (
    ("headline", "Coverage and outcome", headline),
    ("trend", "Coverage over time", coverage_trend),
    ("causes", "Why accounts are not covered", causes),
    ("outcomes", "Retention and expansion", outcomes),
    ("health", "Health", health),
    ("time", "Where time goes", time_split),
    ("capacity", "Capacity", capacity),
    ("renewals", "Renewals at risk", renewals),
    ("case", "People or tools", headcount_case),
    ("signals", "Crises and playbooks", signals),
    ("data", "Freshness and quality of data", data_state),
)
"""Anchor, name in the table of contents, and what is on it, in the order of the page."""

_OF = """
    select
        run_id,
        as_of_date,
        config_version,
        (select count(*) filter (where is_active) from dim_account) as accounts,
        (select sum(arr) filter (where is_active) from dim_account) as arr
    from ops_run
    order by started_at desc
    limit 1
"""

_OLDER = (
    "The published tables are of an older version, which did not have this: cs-coverage refresh "
    "brings it."
)

_PERCENT = re.compile(r"(?<=\d) %")
"""A number and its percent sign stay on one line."""

_TEMPLATES = Path(__file__).parent / "templates"


def page(con: duckdb.DuckDBPyConnection) -> str:
    """The report as HTML, from an open database whose tables are those of the public schema.

    The same tables give the same bytes. Raises `Unanswerable` where not even a run is told of.
    """
    published = Published(con)
    readings = Readings(published, read_glossary(published))
    about = _about(published)
    sections = list(_sections(readings))
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("page.html.j2")
    style = Markup((_TEMPLATES / "page.css").read_text(encoding="utf-8"))  # noqa: S704 - our own
    html = template.render(
        about=about,
        sections=sections,
        contents=[(anchor, name) for anchor, name, _ in SECTIONS],
        glossary=readings.glossary,
        money=readings.money,
        count=count,
        day=day,
        style=style,
    )
    return _PERCENT.sub("\N{NO-BREAK SPACE}%", html)


def _about(published: Published) -> Row:
    try:
        rows = published.rows(_OF)
    except (duckdb.CatalogException, duckdb.BinderException) as error:
        raise Unanswerable(_OLDER) from error
    if not rows:
        raise Unanswerable("The published tables tell of no run: run cs-coverage refresh.")
    return rows[0]


def _sections(readings: Readings) -> Iterator[Section]:
    for anchor, name, section in SECTIONS:
        try:
            yield replace(section(readings), anchor=anchor)
        except (duckdb.CatalogException, duckdb.BinderException):
            yield Section(anchor, name, missing=_OLDER)
