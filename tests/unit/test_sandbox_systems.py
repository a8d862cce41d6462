"""A whole made-up firm: its systems at an instant, and time passing in them."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from pipelines.canonical import entities
from pipelines.config import load_config
from sandbox.company.facts import Activity, Customer
from sandbox.company.settings import Settings
from sandbox.export import export
from sandbox.systems.changes import Change
from sandbox.systems.filing import Filing, changes
from sandbox.systems.identities import identities
from sandbox.systems.spreadsheets import FILES
from sandbox.systems.timeline import Firm, night_of, running
from sandbox.truth import read_truth, write_truth

SMALL = Settings(accounts=12)
TODAY = date(2026, 7, 5)
NOW = night_of(TODAY)

State = dict[str, dict[str, dict[str, Any]]]
Done = tuple[str, datetime]


@pytest.fixture(scope="module")
def firm(tmp_path_factory: pytest.TempPathFactory) -> Firm:
    return Firm(SMALL, tmp_path_factory.mktemp("firm"), TODAY)


@pytest.fixture(scope="module")
def customers() -> list[Customer]:
    return [customer for customer, _ in Filing(SMALL).customers()]


def state(firm: Firm) -> State:
    """All records of all systems, without what only counts how often any was touched."""
    return {
        f"{name}.{stream}": {
            key: {field: value for field, value in record.items() if field != "etag"}
            for key, record in records.items()
        }
        for name, system in firm.systems.items()
        for stream, records in system.records.items()
    }


def sheets(firm: Firm) -> dict[str, bytes]:
    files = (path for path in sorted(firm.sheets_dir.rglob("*")) if path.is_file())
    return {str(path.relative_to(firm.sheets_dir)): path.read_bytes() for path in files}


# Time


def test_a_night_runs_at_two_in_the_morning_after_the_day() -> None:
    assert datetime(2026, 7, 6, 2, tzinfo=UTC) == NOW


def test_days_go_by_alike_however_they_are_counted(tmp_path: Path) -> None:
    one, other = Firm(SMALL, tmp_path / "1", TODAY), Firm(SMALL, tmp_path / "2", TODAY)
    before = state(one)
    one.advance(3)
    one.advance(7)
    other.advance(10)
    assert one.today == other.today == date(2026, 7, 15)
    assert state(one) == state(other)
    assert state(one) != before
    assert sheets(one) == sheets(other)


def test_a_firm_set_up_later_is_where_one_that_went_there_is(tmp_path: Path) -> None:
    went, made = Firm(SMALL, tmp_path / "1", TODAY), Firm(SMALL, tmp_path / "2", date(2026, 8, 14))
    went.advance(40)
    assert state(went) == state(made)
    assert sheets(went) == sheets(made)


def test_every_change_happens_in_its_order_and_none_twice() -> None:
    told = changes(SMALL)
    assert [each.at for each in told] == sorted(each.at for each in told)
    what = Counter((c.at, c.source, c.stream, c.key, c.action) for c in told)
    assert not [each for each, times in what.items() if times > 1]


def test_nothing_is_told_before_it_happens(firm: Firm) -> None:
    for name, records in state(firm).items():
        late = [r for r in records.values() if stamp(r) is not None and stamp(r) >= NOW]
        assert not late, name


def stamp(record: dict[str, Any]) -> Any:
    """When a system says that it last saw a record change."""
    for field in ("SystemModstamp", "updatedAt", "updated_at", "updated", "CreatedDate"):
        if text := record.get(field):
            return datetime.fromisoformat(text.replace("+0000", "+00:00").replace("Z", "+00:00"))
    return None


def test_records_keep_the_times_of_their_past(firm: Firm) -> None:
    stamps = [stamp(each) for each in firm.systems["salesforce"].listed("opportunities")]
    assert min(stamps).year < TODAY.year
    assert len(set(stamps)) > len(stamps) // 2


# Where things are


def held(firm: Firm) -> dict[str, Counter[Done]]:
    """What each system says was done, and when it began, each meeting of a calendar once."""
    salesforce, hubspot = firm.systems["salesforce"], firm.systems["hubspot"]
    custify, calendars = firm.systems["custify"], firm.systems["google_calendar"]
    titles = ("hs_meeting_title", "hs_call_title", "hs_email_subject", "hs_task_subject")
    engagements = [
        record["properties"]
        for stream in ("calls", "meetings", "emails", "tasks")
        for record in hubspot.listed(stream)
        if not record["archived"]
    ]
    events = {e["iCalUID"]: e for e in calendars.listed("events") if e["status"] != "cancelled"}
    return {
        "crm": Counter(
            [
                *(
                    (e["Subject"], when(e["StartDateTime"]))
                    for e in salesforce.listed("events")
                    if not e["IsDeleted"]
                ),
                *(
                    (t["Subject"], when(t["CompletedDateTime"]))
                    for t in salesforce.listed("tasks")
                    if not t["IsDeleted"]
                ),
                *(
                    (next(e[t] for t in titles if t in e), when(e["hs_timestamp"]))
                    for e in engagements
                ),
            ]
        ),
        "csp": Counter(
            [
                *((m["title"], when(m["startAt"])) for m in custify.listed("meetings")),
                *(
                    (n["subject"], when(n["custom_attributes"]["happened_at"]))
                    for n in custify.listed("notes")
                ),
                *((t["name"], when(t["dueDate"])) for t in custify.listed("tasks")),
            ]
        ),
        "calendar": Counter((e["summary"], when(e["start"]["dateTime"])) for e in events.values()),
        "campaigns": Counter(
            (row["Subject"], when(row["Sent at"])) for row in sheet(firm, "Campaign sends.csv")
        ),
    }


def sheet(firm: Firm, file: str) -> list[dict[str, str]]:
    with (firm.sheets_dir / file).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def when(text: str) -> datetime:
    moment = datetime.fromisoformat(text.replace("+0000", "+00:00").replace("Z", "+00:00"))
    return moment.replace(microsecond=0)


def expected(activities: Iterator[Activity], system: str, csms: set[str]) -> Counter[Done]:
    """What a system should say was done: all that was noted there by now and is not taken out."""
    told: list[Done] = []
    for each in activities:
        noted_at = each.recorded_at
        if system == "calendar" or (system == "csp" and is_meeting(each) and is_planned(each)):
            noted_at = min(noted_at, each.planned_at or noted_at)
        is_out = each.removed_at is not None and each.removed_at < NOW
        if system == "calendar":
            called_off = each.status == "cancelled" and noted_at < each.recorded_at < NOW
            is_out = is_out or called_off or not csms & set(each.person_emails)
        if system in each.recorded_in and noted_at < NOW and not is_out:
            told.append((each.subject, each.started_at.replace(microsecond=0)))
    return Counter(told)


def is_meeting(activity: Activity) -> bool:
    return activity.account_id is not None and activity.channel in ("meeting", "call", "event")


def is_planned(activity: Activity) -> bool:
    return "calendar" in activity.recorded_in


@pytest.mark.parametrize("system", ["crm", "csp", "calendar", "campaigns"])
def test_what_was_done_is_where_it_was_noted_and_nowhere_else(
    firm: Firm, customers: list[Customer], system: str
) -> None:
    team = Filing(SMALL).team
    csms = {each.email for each in team.people if each.role == "csm"}
    done = (a for each in customers for a in each.activities)
    of_all = iter([*done, *team.activities])
    assert held(firm)[system] == expected(of_all, system, csms)


def test_every_contract_is_in_one_place(firm: Firm, customers: list[Customer]) -> None:
    won = [r for r in firm.systems["salesforce"].listed("opportunities") if r["IsWon"]]
    deals = [
        r["properties"]
        for r in firm.systems["hubspot"].listed("deals")
        if r["properties"]["dealstage"] == "closedwon"
    ]
    told = Counter(
        [
            *((round(r["ARR__c"], 2), r["Term_Start__c"]) for r in won),
            *((round(float(d["amount"]), 2), d["term_start"]) for d in deals),
            *(
                (
                    float(row["ARR"].replace(",", "")),
                    datetime.strptime(row["Start"], "%d/%m/%Y").date().isoformat(),
                )
                for row in sheet(firm, "Renewals tracker.csv")
            ),
        ]
    )
    true = Counter(
        (round(c.arr, 2), c.starts_on.isoformat())
        for each in customers
        for c in each.contracts
        if c.recorded_at < NOW
    )
    assert told == true


def test_every_ticket_and_reading_is_there_as_far_as_it_has_come(
    firm: Firm, customers: list[Customer]
) -> None:
    tickets = [t for each in customers for t in each.tickets if t.opened_at < NOW]
    in_zendesk = firm.systems["zendesk"].listed("tickets")
    assert len(in_zendesk) == len(tickets)
    solved = [t for t in tickets if t.solved_at and t.solved_at < NOW]
    assert Counter(t["status"] for t in in_zendesk)["solved"] == len(solved)
    readings = [u for each in customers for u in each.usage if u.recorded_at < NOW]
    table = pq.read_table(firm.sheets_dir / "usage")
    assert table.num_rows == len(readings)
    assert sum(table["value"].to_pylist()) == pytest.approx(sum(u.value for u in readings))


# Doubles and strangers


def test_doubles_are_merged_when_their_day_comes(tmp_path: Path) -> None:
    settings = Settings(accounts=45)
    doubles = [
        (double, where)
        for customer, where in Filing(settings).customers()
        for double in customer.doubles
        if double.merged_at is not None
    ]
    assert doubles
    double, where = doubles[0]
    assert double.merged_at is not None
    before = date.fromordinal(double.merged_at.toordinal() - 2)
    firm = Firm(settings, tmp_path, before)

    def identity() -> set[str]:
        of = (each for each in identities(settings, firm.now) if each.true_id == double.account_id)
        return {each.method for each in of if each.source == where.crm}

    assert identity() == {"own"}
    firm.advance(4)
    assert identity() == {"own", "merged"}
    if where.crm == "salesforce":
        merged = [
            r
            for r in firm.systems["salesforce"].listed("accounts")
            if r.get("MasterRecordId") == where.native_id
        ]
        assert [r["IsDeleted"] for r in merged] == [True]
    else:
        kept = firm.systems["hubspot"].records["companies"][where.native_id]
        assert kept["properties"]["hs_merged_object_ids"]


def test_identities_name_every_record_of_an_account_and_no_other(firm: Firm) -> None:
    streams = {"salesforce": "accounts", "hubspot": "companies", "custify": "companies"}
    there = {
        (name, str(key))
        for name, stream in {**streams, "zendesk": "organizations"}.items()
        for key in firm.systems[name].records.get(stream, {})
    }
    told = [(each.source, each.native_id) for each in identities(SMALL, NOW)]
    assert len(told) == len(set(told))
    assert set(told) == there


# Configuration, truth, export


def test_the_product_accepts_the_configuration(tmp_path: Path) -> None:
    with running(SMALL, tmp_path, TODAY) as firm:
        config = load_config(firm.folder)
        assert list(config.sources_file.sources) == [*firm.systems, "sheets"]
        written = (firm.folder / "sources.yaml").read_text()
        assert not [secret for secret in firm.secrets.values() if secret in written]
        assert all(f"${name}" in written for name in firm.secrets)


def test_sheets_hold_only_what_the_vocabulary_knows() -> None:
    known = {name: {field.name for field in entity.fields} for name, entity in entities().items()}
    assert {name: set(each.columns) - known[name] for name, each in FILES.items()} == {
        name: set() for name in FILES
    }


def test_the_truth_is_written_alike_each_time_and_told_whole(
    tmp_path: Path, customers: list[Customer]
) -> None:
    for name in ("one", "other"):
        write_truth(SMALL, tmp_path / name, NOW)
    one, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).iterdir()}
        for name in ("one", "other")
    )
    assert one == other
    told = read_truth(tmp_path / "one", "contracts")
    assert {each["contract_id"] for each in told} == {
        c.contract_id for each in customers for c in each.contracts
    }
    assert {each["method"] for each in read_truth(tmp_path / "one", "identities")} >= {
        "own",
        "foreign_id",
        "domain",
        "unmatched",
    }


def test_an_export_is_what_a_files_source_takes_without_a_mapping(
    tmp_path: Path, customers: list[Customer]
) -> None:
    export(SMALL, tmp_path, NOW)
    vocabulary = entities()
    for path in tmp_path.glob("*.csv"):
        with path.open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        fields = vocabulary[path.stem].fields
        assert set(rows[0] if rows else ()) <= {field.name for field in fields}
        required = [field.name for field in fields if field.is_required]
        assert not [row for row in rows if not all(row[name] for name in required)], path.name
    with (tmp_path / "activities.csv").open(encoding="utf-8", newline="") as lines:
        told = {row["activity_id"] for row in csv.DictReader(lines)}
    noted = {
        a.activity_id
        for each in [*customers]
        for a in each.activities
        if a.recorded_at < NOW and not (a.removed_at and a.removed_at < NOW)
    }
    inside = {a.activity_id for a in Filing(SMALL).team.activities if a.recorded_at < NOW}
    assert told == noted | inside


def test_a_change_says_what_happens_to_which_record() -> None:
    kinds = {(each.action, each.record is None) for each in changes(SMALL)}
    assert kinds <= {("put", False), ("delete", True), ("merge", True)}
    assert isinstance(changes(SMALL)[0], Change)
