"""Meetings with customers that nobody wrote down: 3.10, TM8.

Belongs here: what stands in a calendar and in no other system. Does not: any other time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import cached_property

from oracle.activity_time import Spent
from oracle.calendar import add_business_days
from oracle.coverage import share
from oracle.time_marts import TimeMarts
from oracle.world import Row, World, local_day

CALENDAR_KINDS = {"google_calendar"}


class Meetings:
    """A night's meetings; `records` are activities as their sources have them."""

    def __init__(self, marts: TimeMarts, world: World, records: Sequence[Row]) -> None:
        self.facts, self.book, self.world = marts.time.facts, marts.team.book, world
        self.records = {record["activity_id"]: record for record in records}

    @cached_property
    def _documented(self) -> dict[str, bool]:
        """Meetings with customers in a calendar that should be written down by now."""
        found = {}
        for activity in self.facts.activities:
            records = [self.records[name] for name in activity["source_activity_ids"]]
            is_in_calendar = any(self._is_calendar(r["source_name"]) for r in records)
            if (
                activity["status"] != "completed"
                or activity["account_id"] is None
                or not (activity["customer_attendees"] or 0) > 0
                or (activity["channel"] or "meeting") not in ("meeting", "call")
                or not is_in_calendar
            ):
                continue
            limit = self._limit(activity)
            if limit <= self.book.as_of:
                found[activity["activity_id"]] = any(
                    self._is_written_down(activity, record, limit) for record in records
                )
        return found

    def _is_calendar(self, source: str) -> bool:
        return self.world.sources[self.world.place(source)].kind in CALENDAR_KINDS

    def _limit(self, activity: Row) -> date:
        day, account = activity["started_on"], self.book.account.get(activity["account_id"])
        number = self.book.model_on(day).said["time"]["documented_within_bd"]
        calendar = account.calendar if account else ""
        return add_business_days(day, number, self.book.holidays.get(calendar, frozenset()))

    def _is_written_down(self, activity: Row, record: Row, limit: date) -> bool:
        zone = self.facts.zone_of_account(activity["account_id"])

        def in_time(name: str) -> bool:
            return record[name] is None or local_day(record[name], zone) <= limit

        has_notes = (record["notes_length"] or 0) > 0 and in_time("notes_at")
        return has_notes or (not self._is_calendar(record["source_name"]) and in_time("logged_at"))

    def counted(self, spent: Iterable[Spent]) -> Row:
        """How many of those in which the time was spent, and how many nobody wrote down."""
        carrying = [s for s in self.world.sources if s.carries.get("activities")]
        has_calendar = any(s.kind in CALENDAR_KINDS for s in carrying)
        has_other = any(s.kind not in CALENDAR_KINDS for s in carrying)
        names = [one.record["activity_id"] for one in spent if not one.is_entry]
        known = [self._documented[name] for name in names if name in self._documented]
        undocumented = known.count(False) if has_calendar and has_other else None
        return {
            "customer_meetings": len(known) if has_calendar else None,
            "undocumented_meetings": undocumented,
            "undocumented_touch_rate": None
            if undocumented is None
            else share(undocumented, len(known)),
        }
