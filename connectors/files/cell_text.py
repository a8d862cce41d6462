"""Typed cells as the text that a CSV file would hold.

Belongs here: one spelling for each type of value. Does not: reading files.
"""

from __future__ import annotations

import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import msgspec


def text_of(value: Any) -> str | None:
    """`value` as text, without loss; None where there is no value.

    Not-a-number is how data frames write a number that is missing.
    """
    match value:
        case None:
            return None
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float():
            return None if math.isnan(value) else repr(value)
        case Decimal():
            return format(value, "f")
        case datetime() | date() | time():
            return value.isoformat()
        case timedelta():
            return _duration(value)
        case bytes():
            return value.decode("utf-8", errors="backslashreplace")
        case list():
            return ";".join(text_of(item) or "" for item in value)
        case dict() | tuple():
            return msgspec.json.encode(value, enc_hook=str).decode()
        case _:
            return str(value)


def spreadsheet_text(value: Any) -> str:
    """`value` of a workbook's cell: whole numbers without ".0", TRUE and FALSE."""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime) and value.time() == time.min:
        return value.date().isoformat()
    return text_of(value) or ""


def _duration(value: timedelta) -> str:
    """Hours, minutes and seconds, which is how spreadsheets show a duration."""
    seconds = value // timedelta(seconds=1)
    sign = "-" if seconds < 0 else ""
    minutes, second = divmod(abs(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{sign}{hour:02d}:{minute:02d}:{second:02d}"
