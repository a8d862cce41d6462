"""Nights of a made-up firm that has results written back, in one process, told as JSON.

Belongs here: the nights, what people do between them, what the systems hold afterwards. Does not:
what is expected of them (test_write_back).
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import redirect_stdout
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from product import published

from pipelines.clock import NOW_VARIABLE
from pipelines.definitions import build_defs
from pipelines.home import Home
from pipelines.refresh import _all_but_streams, refresh
from pipelines.write_back.command import run_write_back
from sandbox.company.settings import Settings
from sandbox.servers.custify import API_KEY, System
from sandbox.systems.timeline import Firm, running

FIRST_DAY = date(2026, 7, 5)
SCORE, TIER, COVERAGE, AS_OF = "CS_Health__c", "CS_Tier__c", "CS_Coverage__c", "CS_As_Of__c"
FILE = """\
sources:
  salesforce:
    enabled: true
    dry_run: {dry_run}
    fields: {{health_score: CS_Health__c, tier: CS_Tier__c, coverage_status: CS_Coverage__c,
      as_of: CS_As_Of__c}}
  hubspot:
    enabled: true
    dry_run: {dry_run}
    fields: {{health_score: cs_health, tier: cs_tier, next_due_on: cs_next_due}}
  custify:
    enabled: true
    dry_run: {dry_run}
    fields: {{health_score: cs_health}}
"""
Told = dict[str, Any]


def main(root: Path, accounts: int) -> Told:
    """Run the nights; returns what each came to."""
    home = Home(root / "home")
    with running(Settings(accounts=accounts), root / "firm", FIRST_DAY) as firm:
        os.environ |= {**firm.secrets, "CUSTIFY_API_KEY": API_KEY}
        make_fields(firm)
        say(firm, dry_run=True)
        told = {"dry": night(home, firm)}
        told["not_allowed"] = by_hand(home, firm, accept=True)
        say(firm, dry_run=False)
        told["not_accepted"] = by_hand(home, firm, accept=False)
        told["accepted"] = by_hand(home, firm, accept=True)
        told["published"] = results(home)
        told["left_by_rebuild"] = left_by_rebuild(home, firm)
        overwrite(firm, told["accepted"]["salesforce"])
        told["overwritten"] = night(home, firm)
        told["calm"] = night(home, firm)
    return told


def make_fields(firm: Firm) -> None:
    """What administrators have to do first."""
    org, hub, csp = (firm.systems[name] for name in ("salesforce", "hubspot", "custify"))
    for name in (SCORE, TIER, COVERAGE, AS_OF):
        org.define("accounts", name, "double" if name == SCORE else "string")  # type: ignore[attr-defined]
    hub.define("companies", "cs_health", "cs_tier", "cs_next_due")  # type: ignore[attr-defined]
    assert isinstance(csp, System)
    csp.put("attributes", {"entity": "company", "name": "cs_health", "fieldType": "Number"})


def say(firm: Firm, *, dry_run: bool) -> None:
    text = FILE.format(dry_run=str(dry_run).lower())
    (firm.folder / "write_back.yaml").write_text(text, encoding="utf-8")


def overwrite(firm: Firm, held: dict[str, Told]) -> None:
    """Somebody changes two scores by hand; for one of the accounts there is a rule against ours."""
    one, other = [key for key in sorted(held) if held[key].get(SCORE) is not None][:2]
    org = firm.systems["salesforce"]
    for key in (one, other):
        org.put("accounts", {**org.records["accounts"][key], SCORE: 1.0})
    org.rules.validation = lambda record: "Frozen" if record["Id"] == other else None  # type: ignore[attr-defined]


def night(home: Home, firm: Firm) -> Told:
    begin(firm)
    code = refresh(home, firm.folder, as_of=firm.today, quietly=True)
    changed = (
        "select source || '.' || stream, records_changed from ops_source_freshness "
        "where records_changed > 0"
    )
    return {**after(firm, code), "changed": dict(published(home.root, changed))}


def by_hand(home: Home, firm: Firm, *, accept: bool) -> Told:
    begin(firm)
    code = run_write_back(home, firm.folder, [], apply=True, accept=accept, again=False)
    return after(firm, code)


def begin(firm: Firm) -> None:
    """A minute passes: what was written before lies in the past."""
    for system in firm.systems.values():
        system.now += timedelta(minutes=1)
        system.seen.clear()
        os.environ[NOW_VARIABLE] = system.now.isoformat()


def after(firm: Firm, code: int) -> Told:
    """The exit code, how many requests wrote something, and what the systems hold of it."""
    return {
        "code": code,
        "writes": {
            name: sum(
                seen.path.endswith(("/composite/sobjects", "/batch/update"))
                or (seen.method, seen.path) == ("POST", "/company")
                for seen in system.seen
            )
            for name, system in firm.systems.items()
        },
        "salesforce": held(firm, "salesforce", "accounts", "Id", lambda record: record),
        "hubspot": held(firm, "hubspot", "companies", "id", lambda record: record["properties"]),
        "custify": held(
            firm, "custify", "companies", "id", lambda record: record["custom_attributes"]
        ),
    }


def held(firm: Firm, name: str, stream: str, key: str, fields_of: Any) -> dict[str, Told]:
    return {
        record[key]: {
            field: value
            for field, value in (fields_of(record) or {}).items()
            if field.lower().startswith("cs_")
        }
        for record in firm.systems[name].listed(stream)
        if not record.get("IsDeleted")
    }


def results(home: Home) -> list[list[Any]]:
    """What is published of each record: source, key, whole score, tier."""
    rows = published(
        home.root,
        "select source, source_account_id, cast(round_even(health_score, 0) as integer), tier_id "
        "from map_account_identity inner join mart_account_360 using (account_id) "
        "where merged_into is null order by all",
    )
    return [list(row) for row in rows]


def left_by_rebuild(home: Home, firm: Firm) -> bool:
    """Whether a rebuild keeps its hands off the sources."""
    assets = {tuple(key.path) for key in _all_but_streams(build_defs(home, firm.folder))}
    names = ("salesforce", "hubspot", "custify")
    return not any((name, "write_back") in assets for name in names)


if __name__ == "__main__":
    with redirect_stdout(sys.stderr):
        what_was = main(Path(sys.argv[1]), int(sys.argv[2]))
    json.dump(what_was, sys.stdout, default=str)
