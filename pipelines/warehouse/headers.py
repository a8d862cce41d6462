"""Matching the names a person uses for columns with the names a file gives them.

Belongs here: when two spellings mean one column. Does not: what a column means.
"""

from __future__ import annotations

import re
from collections.abc import Sequence


def normalised(name: str) -> str:
    """`Account ID`, `account-id` and `account_id` are one name."""
    return re.sub(r"[^0-9a-z]+", "_", name.strip().casefold()).strip("_")


def resolve(name: str, columns: Sequence[str]) -> str | None:
    """The column called `name`: exactly, else by the same name in another spelling, else None."""
    if name in columns:
        return name
    alike = [c for c in columns if normalised(c) == normalised(name)]
    return alike[0] if len(alike) == 1 else None
