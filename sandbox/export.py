"""The whole firm as files that the product reads without any mapping, of any size.

Belongs here: canonical CSV and Parquet, a customer at a time. Does not: systems, or time passing.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

from sandbox.company.facts import Customer
from sandbox.company.settings import Settings
from sandbox.systems import canonical
from sandbox.systems.changes import Life, Record
from sandbox.systems.filing import Filing
from sandbox.systems.spreadsheets import FILES, Readings

_USAGE_FILE = "usage.parquet"
_READINGS_A_BATCH = 200_000
_FROM_SHEETS = (
    *("users", "user_absences", "surveys", "success_plans", "assessments", "time_entries"),
    *("exceptions", "projects", "mentions", "assignments", "contracts"),
)
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    **{entity: tuple(FILES[entity].columns) for entity in _FROM_SHEETS},
    "accounts": (
        *("account_id", "name", "domain", "parent_account_id", "currency", "industry", "country"),
        *("time_zone", "business_calendar", "employees", "segment", "complexity"),
        *("lifecycle_stage", "acquisition_channel", "started_on", "churned_on"),
        *("churn_notice_on", "churn_reason", "owner_email", "pool", "tier_override"),
        *("tier_override_reason", "tier_override_by", "tier_override_from", "tier_override_to"),
        "first_value_on",
    ),
    "contacts": ("contact_id", "account_id", "email", "name", "title", "personas", "left_on"),
    "activities": (
        *("activity_id", "account_id", "type", "status", "started_at", "minutes", "direction"),
        *("channel", "subject", "user_emails", "contact_emails", "notes", "notes_at"),
        *("follow_up_at", "is_automated", "ticket_id", "calendar_uid", "logged_at"),
    ),
    "tickets": (
        *("ticket_id", "account_id", "opened_at", "first_response_at", "solved_at", "priority"),
        *("is_escalated", "satisfaction", "component", "channel", "subject", "contact_email"),
    ),
}


def export(settings: Settings, folder: Path, now: datetime) -> None:
    """Write what is known at an instant to one file an entity, `usage` as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    filing = Filing(settings)
    with ExitStack() as open_files:
        writers = {}
        for entity, columns in _COLUMNS.items():
            file = (folder / f"{entity}.csv").open("w", newline="", encoding="utf-8")
            writers[entity] = csv.writer(open_files.enter_context(file), lineterminator="\n")
            writers[entity].writerow(columns)
        usage = open_files.enter_context(_Usage(folder / _USAGE_FILE, now))
        for life in _of_team(filing):
            _write(writers, life, now)
        for customer, _ in filing.customers():
            usage.add(customer)
            for life in rows(customer):
                _write(writers, life, now)


def rows(customer: Customer) -> Iterator[Life]:
    """All rows of a customer, by the firm's own ids, usage apart."""
    key = customer.account.account_id
    yield canonical.account(customer, key, customer.account.parent_account_id)
    yield from canonical.contacts(customer, key)
    yield from (canonical.assignment(each, key) for each in customer.ownerships)
    yield from (canonical.contract(each, key) for each in customer.contracts)
    yield from (canonical.activity(each, key) for each in customer.activities)
    yield from (canonical.ticket(each, key) for each in customer.tickets)
    yield from (canonical.survey(each, key) for each in customer.surveys)
    yield from (canonical.success_plan(each, key) for each in customer.success_plans)
    yield from (canonical.assessment(each, key) for each in customer.assessments)
    yield from (canonical.leniency(each, key) for each in customer.leniencies)
    yield from (canonical.project(each, key) for each in customer.projects)
    yield from (canonical.mention(each, key) for each in customer.mentions)
    yield from (canonical.time_entry(each, key) for each in customer.time_entries)


def _of_team(filing: Filing) -> Iterator[Life]:
    yield from canonical.people(filing.team)
    yield from (canonical.activity(each, None) for each in filing.team.activities)


def _write(writers: Mapping[str, Any], life: Life, now: datetime) -> None:
    row: Record | None = life.seen(now)
    if row is not None:
        cells = [canonical.text(row.get(column)) for column in _COLUMNS[life.stream]]
        writers[life.stream].writerow(cells)


class _Usage:
    """A Parquet file of readings that is written in batches."""

    def __init__(self, path: Path, now: datetime) -> None:
        self._path, self._now, self._readings = path, now, Readings()
        self._writer: Any = None

    def __enter__(self) -> _Usage:
        return self

    def __exit__(self, *failure: object) -> None:
        self._flush()
        self._writer.close()

    def add(self, customer: Customer) -> None:
        told = (each for each in customer.usage if each.recorded_at < self._now)
        self._readings.add(told, customer.account.account_id)
        if len(self._readings.value) >= _READINGS_A_BATCH:
            self._flush()

    def _flush(self) -> None:
        import pyarrow.parquet as pq

        table = self._readings.table().drop_columns(["recorded_at"])
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._path, table.schema)
        self._writer.write_table(table)
        self._readings = Readings()
