"""Holding published rows against expected ones.

Belongs here: when two rows are the same, and how a difference is shown. Does not: reading either.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from oracle.world import Row

SHOWN = 5
"""So many differences of each kind are shown."""

TOLERANCE = 1e-9
"""Relative, and absolute around 0; sums of amounts may be taken in any order."""

Key = tuple[Any, ...]


def assert_same_rows(
    expected: Sequence[Row],
    published: Sequence[Row],
    key: Sequence[str],
    *,
    but: Sequence[str] = (),
    tolerance: float = TOLERANCE,
) -> None:
    """Fail unless both have the same rows, in whatever order, in every column except `but`.

    `key` tells rows apart, numbers may differ by `tolerance`. The first rows that are missing, too
    many or different are shown.
    """
    columns = {name for row in (*expected, *published) for name in row} - set(but)
    ours, theirs = _by_key(expected, key, "expected"), _by_key(published, key, "published")
    missing = sorted(ours.keys() - theirs.keys(), key=repr)
    extra = sorted(theirs.keys() - ours.keys(), key=repr)
    different = {
        at: unlike
        for at in sorted(ours.keys() & theirs.keys(), key=repr)
        if (unlike := _unlike(ours[at], theirs[at], columns, tolerance))
    }
    if not (missing or extra or different):
        return
    says = [
        f"{len(expected)} rows expected, {len(published)} published: {len(missing)} missing, "
        f"{len(extra)} too many, {len(different)} different",
        *(f"missing: {_row(ours[at], columns)}" for at in missing[:SHOWN]),
        *(f"too many: {_row(theirs[at], columns)}" for at in extra[:SHOWN]),
    ]
    by_column = Counter(name for unlike in different.values() for name in unlike)
    says += [f"different in {name}: {count} rows" for name, count in by_column.most_common()]
    for at in _of_each_column(different):
        says.append(f"different: {dict(zip(key, at, strict=True))}")
        for name in different[at]:
            says.append(f"  {name}: expected {ours[at].get(name)!r}")
            says.append(f"  {' ' * len(name)}  published {theirs[at].get(name)!r}")
    raise AssertionError("\n".join(says))


def _of_each_column(different: dict[Key, list[str]]) -> list[Key]:
    """One row for each column that differs anywhere, then more, up to those shown."""
    first_of: dict[str, Key] = {}
    for at, names in different.items():
        for name in names:
            first_of.setdefault(name, at)
    chosen = dict.fromkeys([*first_of.values(), *different])
    return list(chosen)[: max(SHOWN, len(set(first_of.values())))]


def _by_key(rows: Sequence[Row], key: Sequence[str], which: str) -> dict[Key, Row]:
    found = {tuple(row[name] for name in key): row for row in rows}
    if len(found) < len(rows):
        counts = Counter(tuple(row[name] for name in key) for row in rows)
        twice = [at for at, count in counts.items() if count > 1]
        raise AssertionError(f"{which} rows with the same {', '.join(key)}: {twice[:SHOWN]}")
    return found


def _unlike(ours: Row, theirs: Row, columns: set[str], tolerance: float) -> list[str]:
    """The columns in which two rows differ; a column that one lacks, differs."""
    return sorted(
        name
        for name in columns
        if name not in ours
        or name not in theirs
        or not is_same(ours[name], theirs[name], tolerance)
    )


def is_same(ours: Any, theirs: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether two values are the same; True is no 1, nothing is no 0, and JSON has no order."""
    if isinstance(ours, bool) or isinstance(theirs, bool) or ours is None or theirs is None:
        return ours is theirs
    if isinstance(ours, int | float) and isinstance(theirs, int | float):
        return math.isclose(ours, theirs, rel_tol=tolerance, abs_tol=tolerance)
    if isinstance(ours, datetime) and isinstance(theirs, datetime):
        return ours.astimezone(UTC) == theirs.astimezone(UTC)
    if isinstance(ours, list | tuple) and isinstance(theirs, list | tuple):
        return len(ours) == len(theirs) and all(
            is_same(one, other, tolerance) for one, other in zip(ours, theirs, strict=True)
        )
    if isinstance(ours, str) and isinstance(theirs, str) and ours[:1] == theirs[:1] == "{":
        return bool(json.loads(ours) == json.loads(theirs))
    return type(ours) is type(theirs) and bool(ours == theirs)


def _row(row: Row, columns: set[str]) -> Row:
    return {name: value for name, value in row.items() if name in columns and value is not None}
