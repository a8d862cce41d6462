"""What a section of the report is made of.

Belongs here: the parts, empty of content. Does not: what they say (the sections), or how they look
(templates).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from markupsafe import Markup

Text = str | Markup
"""A sentence or a cell. Plain text is escaped; Markup comes from the glossary or from words."""


@dataclass(frozen=True)
class Mark:
    """How one kind of thing looks, in pictures and beside words: never by its colour alone."""

    name: str
    colour: str
    shape: str = "square"

    @property
    def glyph(self) -> str:
        """The shape as a letter."""
        return {"circle": "●", "diamond": "◆", "triangle-down": "▼", "square": "■"}[self.shape]


@dataclass(frozen=True)
class Column:
    """A column of a table; `defines` is the published column (table.column) that it shows."""

    name: str
    defines: str | None = None
    is_number: bool = True


@dataclass(frozen=True)
class Table:
    """Rows of cells under named columns; the first cell of a row names it.

    On a phone each row is a list of its cells by name, unless the table is so narrow that it fits.
    """

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Text]]
    note: Text = ""
    fits_phone: bool = False


@dataclass(frozen=True)
class Figure:
    """A picture, what it shows in one sentence, and the numbers that it is drawn from."""

    svg: Markup
    title: str
    numbers: Table | None = None
    note: Text = ""


@dataclass(frozen=True)
class Section:
    """A question and its answer. `missing`: why there is none, and what would bring one."""

    anchor: str
    title: str
    said: Sequence[Text] = ()
    figures: Sequence[Figure] = ()
    legend: Sequence[Mark] = ()
    tables: Sequence[Table] = field(default=())
    missing: Text = ""
