"""Any sequence of nights of a keyed file, judged by a second, plain account of what should be."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
from hypothesis import event, given, settings
from hypothesis import strategies as st
from support import NIGHT, land

from connectors.manifest import Manifest
from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import apply_batch
from pipelines.warehouse.rebuild import replay_landing

MAX_SHRINK = 0.25
MAX_QUARANTINED = 0.3

Row = tuple[str, str]
"""Key and text as written in the file: a blank more at the key is the same key, but a change."""


@dataclass(frozen=True)
class Night:
    """What a night's file holds, in its order."""

    rows: list[Row]
    rejected: int
    is_accepted: bool
    part_records: int


@dataclass
class Expected:
    """The stream as plain Python sees it: each key's versions, oldest first, and what was found."""

    versions: dict[str, list[tuple[Row, bool, int]]] = field(
        default_factory=lambda: defaultdict(list)
    )
    duplicates: dict[str, list[int]] = field(default_factory=dict)
    keyless: list[int] = field(default_factory=list)
    rejected: int = 0
    cursor: str | None = None

    @property
    def live(self) -> set[str]:
        return {key for key, history in self.versions.items() if not history[-1][1]}

    def apply(self, number: int, night: Night) -> str:
        """Take in a night's file; returns the status that it should get."""
        places: dict[str, list[int]] = defaultdict(list)
        keyless = []
        for place, (key, _) in enumerate(night.rows, 1):
            if key.strip():
                places[key.strip()].append(place)
            else:
                keyless.append(place)
        received = len(night.rows) + night.rejected
        if received and (len(keyless) + night.rejected) / received > MAX_QUARANTINED:
            return "unusable"
        before = self.live
        is_short = len(places) < len(before) * (1 - MAX_SHRINK) or not places
        if before and is_short and not night.is_accepted:
            return "short_read"
        for key, at in places.items():
            version = (night.rows[at[-1] - 1], False)
            if not self.versions[key] or self.versions[key][-1][:2] != version:
                self.versions[key].append((*version, number))
        for key in before - set(places):
            self.versions[key].append((self.versions[key][-1][0], True, number))
        self.duplicates = {key: at for key, at in places.items() if len(at) > 1}
        self.keyless, self.rejected = keyless, night.rejected
        self.cursor = f"after {number}"
        return "applied"

    @property
    def raw(self) -> list[tuple[str, Row, bool, str, bool]]:
        """The raw table: key, row, whether deleted, the run, whether current."""
        return sorted(
            (key, row, is_deleted, f"run-{number}", position == len(history) - 1)
            for key, history in self.versions.items()
            for position, (row, is_deleted, number) in enumerate(history)
        )

    @property
    def findings(self) -> dict[str, tuple[int, list[str]]]:
        """By check: how many rows, and the first five."""
        found = {}
        if self.duplicates:
            shown = [
                f"{key} (rows {', '.join(map(str, at))})"
                for key, at in sorted(self.duplicates.items())
            ]
            extra = sum(len(at) - 1 for at in self.duplicates.values())
            found["duplicate_key"] = (extra, shown[:5])
        if self.keyless:
            rows = [f"row {place}" for place in self.keyless[:5]]
            found["missing_key"] = (len(self.keyless), rows)
        if self.rejected:
            found["unreadable_row"] = (self.rejected, [])
        return found


@st.composite
def nights(draw: st.DrawFn) -> list[Night]:
    """A table of few keys that grows, changes, shrinks, repeats itself and loses its keys."""
    table: dict[str, str] = {f"k{n}": "a" for n in range(draw(st.integers(0, 8)))}
    made = []
    for _ in range(draw(st.integers(1, 6))):
        for key in draw(st.lists(st.sampled_from([f"k{n}" for n in range(10)]), max_size=4)):
            table[key] = draw(st.sampled_from("abc"))
        shrink = draw(st.integers(0, 2) | st.integers(0, len(table)))
        for key in draw(st.permutations(sorted(table)))[:shrink]:
            del table[key]
        rows = list(table.items())
        for key in draw(st.lists(st.sampled_from(["", "  ", *sorted(table)]), max_size=3)):
            place = draw(st.integers(0, len(rows)))
            rows.insert(
                place, (draw(st.sampled_from([key, f" {key}"])), draw(st.sampled_from("abc")))
            )
        made.append(
            Night(
                rows,
                rejected=draw(st.sampled_from([0, 0, 0, 1])),
                is_accepted=draw(st.sampled_from([False, False, True])),
                part_records=draw(st.sampled_from([2, 100])),
            )
        )
    return made


def land_night(home: Home, number: int, night: Night) -> Manifest:
    """Land a night's file through the real writer."""
    return land(
        home,
        [{"id": key, "subject": text} for key, text in night.rows],
        at=NIGHT + timedelta(days=number),
        run_id=f"run-{number}",
        cursor=f"after {number}",
        rejected=["?"] * night.rejected,
        max_shrink=MAX_SHRINK,
        max_quarantined=MAX_QUARANTINED,
        accept_short_read=night.is_accepted,
        part_records=night.part_records,
    )


@settings(max_examples=30, deadline=None)
@given(made=nights())
def test_any_nights_give_the_versions_that_they_should_and_replay_to_the_same(
    made: list[Night],
) -> None:
    with TemporaryDirectory() as folder:
        home = Home(Path(folder))
        expected = Expected()
        with warehouse(home.warehouse) as con:
            for number, night in enumerate(made):
                result = apply_batch(con, home.landing, land_night(home, number, night))
                status = expected.apply(number, night)
                event(status)
                assert (result.status, result.live) == (status, len(expected.live))
            assert raw(con) == expected.raw
            assert findings(con) == expected.findings
            cursors = con.execute("select cursor from meta.stream_state").fetchall()
            assert cursors == [(expected.cursor,)]
            before = everything(con)

        replay_landing(home)
        with warehouse(home.warehouse) as con:
            assert everything(con) == before


def raw(con: duckdb.DuckDBPyConnection) -> list[tuple[str, Row, bool, str, bool]]:
    """The raw table as `Expected.raw` tells it."""
    rows = con.execute(
        "select record_key, payload ->> 'id', payload ->> 'subject', is_deleted, first_seen_run, "
        "is_current from raw.desk__tickets"
    ).fetchall()
    return sorted((key, (written, text), *rest) for key, written, text, *rest in rows)


def findings(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[int, list[str]]]:
    """What was found as `Expected.findings` tells it."""
    found = con.execute("select check_id, rows_failed, sample from meta.finding").fetchall()
    return {check: (rows, sample) for check, rows, sample in found}


def everything(con: duckdb.DuckDBPyConnection) -> list[list[tuple[Any, ...]]]:
    """All columns of all that a replay must bring back."""
    tables = ("raw.desk__tickets", "meta.batch", "meta.stream_state", "meta.finding")
    return [con.execute(f"from {table} order by all").fetchall() for table in tables]
