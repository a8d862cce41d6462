"""Nights of a made-up firm on its six systems, in one process, told as JSON on standard output.

Belongs here: two homes that read the same firm, one of them through faults, and a rebuild. Does
not: what is expected of them (test_sandbox_nights).
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml
from product import parquet_digests, published

from pipelines.clock import NOW_VARIABLE
from pipelines.home import Home
from pipelines.refresh import rebuild, refresh
from sandbox.company.settings import Settings
from sandbox.faults import switch_off, switch_on
from sandbox.systems.timeline import Firm, running

FIRST_DAY = date(2026, 7, 5)
NIGHTS = 10
PAST_NIGHT = 6
"""The night whose day is told again at the end, from all that has been read by then."""

PASSING = {
    "429": ("salesforce", "tasks"),
    "5xx": ("hubspot", "contacts"),
    "slow": ("zendesk", "users"),
    "truncated": ("custify", "people"),
    "expired_token": ("google_calendar", "events"),
}
"""Each hits one request of its night."""

LASTING = {
    "5xx": ("hubspot", "deals"),
    "truncated": ("zendesk", "tickets"),
    "expired_token": ("custify", "people"),
    "empty": ("custify", "meetings"),
}
"""Each hits every request for its stream in its night."""

MISTYPED = {"wrong_type": ("custify", "notes")}
"""So many records become unusable that the night may not be published."""

TROUBLES = {1: (PASSING, 1), 2: (LASTING, 99), 3: (MISTYPED, 99), 4: ({}, 0)}
"""What goes wrong in which night, and for how many requests."""

HELD_SCORES = """
    select count(*), count(case when today.score <> before.score then 1 end)
    from fct_health_measure_daily as today
    inner join fct_health_measure_daily as before using (account_id, measure)
    where today.is_held and today.as_of_on = today.as_of_date
        and before.as_of_on = date '2026-07-05'
"""
"""Scores that are held, and of these the ones that are not those of 5 July."""

Faults = Mapping[str, tuple[str, str]]
Told = dict[str, Any]


def main(root: Path, accounts: int) -> Told:
    """Run all nights; returns what each came to."""
    homes = ("steady", "troubled", "rebuilt", "past")
    steady, troubled, rebuilt, past = (Home(root / name) for name in homes)
    told: Told = {"steady": [], "troubled": []}
    with running(Settings(accounts=accounts), root / "firm", FIRST_DAY) as firm:
        be_impatient(firm.folder / "sources.yaml")
        os.environ |= firm.secrets
        for night in range(NIGHTS + 1):
            if night:
                firm.advance(days=1)
            told["steady"].append(one_night(steady, firm))
            if night == 0:
                shutil.copytree(steady.root, troubled.root, symlinks=True)
            elif night in TROUBLES:
                with trouble(firm, *TROUBLES[night]):
                    told["troubled"].append(one_night(troubled, firm))
        for home, as_of in ((rebuilt, None), (past, FIRST_DAY + timedelta(days=PAST_NIGHT))):
            shutil.copytree(steady.landing, home.landing)
            shutil.copytree(steady.dbt_target, home.dbt_target)
            code = rebuild(home, firm.folder, as_of=as_of)
            told[home.root.name] = {"code": code, "digests": parquet_digests(home.root)}
    return told


def be_impatient(sources: Path) -> None:
    """A server that keeps failing is asked twice, so that the nights of its faults are short."""
    written = yaml.safe_load(sources.read_text(encoding="utf-8"))
    for source in written["sources"].values():
        if source["kind"] != "files":
            source["attempts"] = 2
    sources.write_text(yaml.safe_dump(written, sort_keys=False), encoding="utf-8")


def one_night(home: Home, firm: Firm) -> Told:
    os.environ[NOW_VARIABLE] = firm.now.isoformat()
    code = refresh(home, firm.folder, as_of=firm.today, quietly=True)
    not_fresh = (
        "select source || '.' || stream, status from ops_source_freshness "
        "where status not in ('applied', 'unchanged', 'not_available')"
    )
    held = (
        "select check_id, severity from ops_data_quality "
        "where check_id like 'health_measure_drift:%'"
    )
    return {
        "code": code,
        "digests": parquet_digests(home.root),
        "not_fresh": dict(published(home.root, not_fresh)),
        "held": dict(published(home.root, held)),
        "held_scores": published(home.root, HELD_SCORES)[0],
    }


@contextmanager
def trouble(firm: Firm, faults: Faults, times: int) -> Iterator[None]:
    for kind, (source, stream) in faults.items():
        switch_on(firm.systems[source], kind, stream, times)
    yield
    for system in firm.systems.values():
        switch_off(system)


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        what_was = main(Path(sys.argv[1]), int(sys.argv[2]))
    json.dump(what_was, sys.stdout)
