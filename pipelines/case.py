"""`cs-coverage case`: one page, from the published tables, on whether people or tools are missing.

Belongs here: opening the tables, and the forms of the page. Does not: what is on it (case_page).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from pipelines.case_page import Section, page
from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.explain.published import Published, Unanswerable
from pipelines.home import Home
from pipelines.tables import PUBLIC_SCHEMA


def case(home: Home, out: Path | None = None, console: Console | None = None) -> int:
    """Print the page as Markdown, or write it to a file, as .md or .csv. Returns the exit code."""
    console = console or Console()
    try:
        form = _form(out)
        text = form(_read(home))
        if out is not None:
            out.write_text(text, encoding="utf-8")
    except (Unanswerable, OSError) as error:
        console.print(str(error), style="red", highlight=False, soft_wrap=True, markup=False)
        return error.code if isinstance(error, Unanswerable) else BAD_CONFIG
    if out is None:
        console.print(text, highlight=False, soft_wrap=True, markup=False, end="")
    else:
        console.print(f"written to {out}", highlight=False, soft_wrap=True, markup=False)
    return 0


def as_markdown(sections: Sequence[Section]) -> str:
    """The page to be read."""
    return "\n".join(line for section in sections for line in _markdown(section))


def as_csv(sections: Sequence[Section]) -> str:
    """The page to be worked with: a row a value, by section, row and column; unknown is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["section", "row", "column", "value"])
    for section in sections:
        for place, sentence in enumerate(section.said, start=1):
            writer.writerow([section.title, place, "said", sentence])
        for place, row in enumerate(section.rows, start=1):
            for column in section.columns:
                writer.writerow([section.title, place, column.name, row[column.field]])
    return text.getvalue()


_FORMS: Mapping[str, Callable[[Sequence[Section]], str]] = {".md": as_markdown, ".csv": as_csv}


def _form(out: Path | None) -> Callable[[Sequence[Section]], str]:
    if out is None:
        return as_markdown
    if out.suffix not in _FORMS:
        raise Unanswerable(
            f"{out}: the page is written as {' or '.join(_FORMS)}; name the file so."
        )
    return _FORMS[out.suffix]


def _read(home: Home) -> list[Section]:
    if not home.serving_database.exists():
        message = f"Nothing is published in {home.serving} yet: run cs-coverage refresh."
        raise Unanswerable(message, NOT_PUBLISHED)
    with duckdb.connect(str(home.serving_database), read_only=True) as con:
        con.execute(f"set TimeZone = 'UTC'; use {PUBLIC_SCHEMA}")
        try:
            return page(Published(con))
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            message = "The published tables are of an older version: run cs-coverage refresh."
            raise Unanswerable(message, NOT_PUBLISHED) from error


def _markdown(section: Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    for sentence in section.said:
        yield sentence
        yield ""
    if section.rows:
        yield _line(column.name for column in section.columns)
        yield _line("---:" if column.form else "---" for column in section.columns)
        for row in section.rows:
            yield _line(_said(row[column.field], column.form) for column in section.columns)
        yield ""


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _said(value: Any, form: str = "") -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "-" if value is None else format(value, form)
