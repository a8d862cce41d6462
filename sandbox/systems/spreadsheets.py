"""The firm's spreadsheets: a folder of tables that people keep and tools export.

Belongs here: which entity each holds, in whose words, and the folder as it looks on a night. Does
not: what the rows say (canonical).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sandbox.company.facts import Customer, Team, UsageReading
from sandbox.systems import canonical
from sandbox.systems.changes import Life, Record, same
from sandbox.systems.custify import company_id
from sandbox.systems.landscape import CAMPAIGNS, CUSTIFY, HUBSPOT, SHEETS, Whereabouts

USAGE_FOLDER = "usage"


@dataclass(frozen=True)
class Sheet:
    """A table: its file, and its columns in order, each with its canonical name.

    `values` are what it writes for canonical values. With `is_formatted`, days are written as
    31/12/2026 and amounts as 12,000.00.
    """

    file: str
    columns: Mapping[str, str]
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    is_formatted: bool = False

    def settings(self, entity: str) -> Record:
        """How sources.yaml reads it."""
        said: Record = {}
        if self.file != f"{entity}.csv":
            said["file"] = self.file
        if renamed := {ours: theirs for ours, theirs in self.columns.items() if ours != theirs}:
            said["columns"] = renamed
        if self.values:
            said["values"] = {
                column: {theirs: ours for ours, theirs in words.items()}
                for column, words in self.values.items()
            }
        if self.is_formatted:
            said["date_format"] = "%d/%m/%Y"
        return said

    def cells(self, row: Record) -> list[str]:
        """A row as it is written."""
        return [self._cell(column, row.get(column)) for column in self.columns]

    def _cell(self, column: str, value: Any) -> str:
        if self.is_formatted and isinstance(value, date):
            return f"{value:%d/%m/%Y}"
        if self.is_formatted and isinstance(value, float):
            return f"{value:,.2f}"
        written = canonical.text(value)
        return self.values.get(column, {}).get(written, written)


def _as_they_are(names: str) -> dict[str, str]:
    return {name: name for name in names.split()}


FILES: Mapping[str, Sheet] = {
    "users": Sheet(
        "users.csv",
        _as_they_are(
            "user_id email name role team fte weekly_hours started_on ended_on time_zone "
            "loaded_cost_per_year"
        ),
    ),
    "user_absences": Sheet("user_absences.csv", _as_they_are("user_email from to kind")),
    "account_links": Sheet(
        "account_links.csv", _as_they_are("account_id source source_account_id")
    ),
    "assignments": Sheet(
        "Book of business.csv",
        {
            "account_id": "CRM ID",
            "user_email": "CSM",
            "pool": "Pool",
            "role": "Part",
            "valid_from": "From",
            "valid_to": "Until",
            "reason": "Why",
        },
        values={"role": {"lead": "Lead"}},
    ),
    "contracts": Sheet(
        "Renewals tracker.csv",
        {
            "contract_id": "Ref",
            "account_id": "CRM ID",
            "product": "Product",
            "starts_on": "Start",
            "ends_on": "End",
            "arr": "ARR",
            "currency": "Currency",
            "signed_on": "Signed",
            "notice_on": "Notice",
            "predecessor_contract_id": "Replaces",
            "auto_renews": "Auto-renews",
        },
        is_formatted=True,
    ),
    "activities": Sheet(
        "Campaign sends.csv",
        {
            "activity_id": "Send",
            "account_id": "CRM ID",
            "type": "Kind",
            "status": "Result",
            "started_at": "Sent at",
            "direction": "Direction",
            "channel": "Channel",
            "subject": "Subject",
            "contact_emails": "Recipients",
            "is_automated": "Automatic",
            "logged_at": "Exported at",
        },
        values={
            "type": {
                "broadcast": "Newsletter",
                "usage_recap": "Usage recap",
                "onboarding_sequence": "Onboarding sequence",
                "survey_sent": "Survey invitation",
                "renewal_notice": "Renewal notice",
            },
            "status": {"completed": "Delivered", "bounced": "Bounced"},
        },
    ),
    "surveys": Sheet(
        "surveys.csv",
        _as_they_are("response_id account_id kind score responded_at contact_email comment"),
    ),
    "success_plans": Sheet(
        "success_plans.csv",
        _as_they_are("plan_id account_id updated_on objectives is_customer_validated status"),
    ),
    "assessments": Sheet(
        "assessments.csv",
        _as_they_are("assessment_id account_id assessed_at kind score by_email"),
    ),
    "time_entries": Sheet(
        "Time tracking.csv",
        {
            "entry_id": "Entry",
            "user_email": "Who",
            "started_at": "Day",
            "minutes": "Minutes",
            "account_id": "Customer",
            "category": "Category",
            "work_type": "Work",
        },
    ),
    "exceptions": Sheet(
        "exceptions.csv",
        _as_they_are("exception_id account_id kind family from to reason approved_by"),
    ),
    "projects": Sheet(
        "projects.csv",
        _as_they_are("project_id account_id kind starts_on due_on completed_on status"),
    ),
    "mentions": Sheet(
        "mentions.csv", _as_they_are("mention_id account_id at source sentiment url text")
    ),
}


def settings() -> Record:
    """What sources.yaml says of the folder beyond its place."""
    entities = {entity: sheet.settings(entity) for entity, sheet in FILES.items()}
    return {"entities": {**entities, "usage": {}}}


def of_team(team: Team) -> Iterator[Life]:
    """The people, their absences, their time."""
    return canonical.people(team)


def of_customer(customer: Customer, where: Whereabouts) -> Iterator[Life]:
    """What no system but the sheets holds of a customer, usage apart."""
    key, true_id = where.account_id, customer.account.account_id
    if where.csp_method == "manual":
        link = {"account_id": key, "source": CUSTIFY, "source_account_id": company_id(true_id)}
        at = customer.account.created_at
        yield Life(SHEETS, "account_links", company_id(true_id), (at,), partial(same, link))
    if where.has_sheet_owners:
        yield from (canonical.assignment(each, key) for each in customer.ownerships)
    if where.has_sheet_contracts:
        yield from (canonical.contract(each, key) for each in customer.contracts)
    for activity in customer.activities:
        if CAMPAIGNS in activity.recorded_in:
            yield canonical.activity(activity, key)
    if where.crm != HUBSPOT:
        yield from (canonical.survey(each, key) for each in customer.surveys)
    yield from (canonical.success_plan(each, key) for each in customer.success_plans)
    yield from (canonical.assessment(each, key) for each in customer.assessments)
    yield from (canonical.time_entry(each, key) for each in customer.time_entries)
    yield from (canonical.leniency(each, key) for each in customer.leniencies)
    yield from (canonical.project(each, key) for each in customer.projects)
    yield from (canonical.mention(each, key) for each in customer.mentions)


class Readings:
    """The readings of the product's use, in columns: there are many."""

    def __init__(self) -> None:
        self.account_id: list[str] = []
        self.on: list[date] = []
        self.metric: list[str] = []
        self.value: list[float] = []
        self.recorded_at: list[datetime] = []

    def add(self, readings: Iterable[UsageReading], account_id: str) -> None:
        """Take readings of an account."""
        for reading in readings:
            self.account_id.append(account_id)
            self.on.append(reading.on)
            self.metric.append(reading.metric)
            self.value.append(reading.value)
            self.recorded_at.append(reading.recorded_at)

    def table(self) -> Any:
        """All of them as a table, the earliest first."""
        import pyarrow as pa

        names = ("account_id", "on", "metric")
        return pa.table(
            {
                "account_id": pa.array(self.account_id, pa.string()),
                "on": pa.array(self.on, pa.date32()),
                "metric": pa.array(self.metric, pa.string()),
                "value": pa.array(self.value, pa.float64()),
                "recorded_at": pa.array(self.recorded_at, pa.timestamp("s", tz="UTC")),
            }
        ).sort_by([(name, "ascending") for name in ("recorded_at", *names)])


class Spreadsheets:
    """The sheets of a folder, which change as systems do and are written each night."""

    def __init__(self, usage: Readings) -> None:
        self.rows: dict[str, dict[str, Record]] = {entity: {} for entity in FILES}
        self._usage = usage
        self._table: Any = None
        self._usage_until = ""  # the month in which it was last written

    def put(self, entity: str, key: str, row: Record) -> None:
        """Write or replace a row."""
        self.rows[entity][key] = row

    def delete(self, entity: str, key: str) -> None:
        """Take a row out."""
        del self.rows[entity][key]

    def write(self, folder: Path, now: datetime) -> None:
        """The folder as it looks at an instant."""
        folder.mkdir(parents=True, exist_ok=True)
        for entity, sheet in FILES.items():
            rows = self.rows[entity]
            cells = (sheet.cells(rows[key]) for key in sorted(rows))
            write_csv(folder / sheet.file, list(sheet.columns.values()), cells)
        self._write_usage(folder / USAGE_FOLDER, now)

    def _write_usage(self, folder: Path, now: datetime) -> None:
        """A file a month, of what was recorded in it; months that are over stay as they are."""
        import pyarrow.compute as pc
        import pyarrow.parquet as pq

        if self._table is None:
            self._table, self._usage = self._usage.table(), Readings()
        folder.mkdir(exist_ok=True)
        told = self._table.filter(pc.less(self._table["recorded_at"], now))
        months = pc.strftime(told["recorded_at"], "%Y-%m")
        for month in pc.unique(months).to_pylist():
            if month >= self._usage_until:
                recorded = told.filter(pc.equal(months, month)).drop_columns(["recorded_at"])
                pq.write_table(recorded, folder / f"{month}.parquet")
        self._usage_until = f"{now:%Y-%m}"


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A CSV file in place of the one before, which nobody sees half of."""
    unfinished = path.with_name(f".{path.name}.tmp")
    with unfinished.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
    unfinished.replace(path)
