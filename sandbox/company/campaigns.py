"""What software sends to customers.

Belongs here: broadcasts, recaps, sequences, surveys sent, notices. Does not: answers to surveys.
"""

from __future__ import annotations

from calendar import month_name
from datetime import date, datetime, timedelta

from sandbox.company.calendars import month_starts, utc, working_day
from sandbox.company.diary import Diary
from sandbox.company.facts import Activity
from sandbox.company.relationship import Relationship

_DAY = timedelta(days=1)
_SKIPPED_RATE = 0.004
_BOUNCED_RATE = 0.003
# Days before a term's end on which it is settled who gets a notice by mail.
_NOTICE_FROM_D = 90
# Days after the start on which the mails of the sequence go out.
_SEQUENCE = (
    (1, "onboarding_sequence", "Welcome to Northwind"),
    (6, "onboarding_sequence", "Invite your team"),
    (14, "onboarding_sequence", "Your first plan in ten minutes"),
    (21, "survey_sent", "How did you get started?"),
    (30, "onboarding_sequence", "Five things to try next"),
    (82, "email", "How is it going after three months?"),
)


def campaigns(relationship: Relationship) -> list[Activity]:
    """All that software sent to an account."""
    diary = Diary(relationship, "c")
    for start, end, tier in relationship.served():
        if "broadcast" in tier.campaigns:
            _monthly(diary, "broadcast", "Product news, {} {}", 7, start, end)
        if "usage_recap" in tier.campaigns:
            _monthly(diary, "usage_recap", "Your {} {} in numbers", 2, start, end)
    _onboarding(diary)
    _renewal_notices(diary)
    return diary.activities


def _monthly(diary: Diary, type: str, subject: str, after_d: int, start: date, end: date) -> None:
    """To all accounts at once, on a working day of each month; who comes later gets it later."""
    for month in month_starts(start.replace(day=1), end - _DAY):
        day = working_day(max(month + after_d * _DAY, start + _DAY), "US")
        in_month = (day.year, day.month) == (month.year, month.month)
        if in_month and day < end and diary.rng.random() >= _SKIPPED_RATE:
            title = subject.format(month_name[month.month], month.year)
            _send(diary, type, utc(day, 15 * 60), title)


def _onboarding(diary: Diary) -> None:
    relationship = diary.relationship
    start = relationship.seat.started_on
    is_sent = "onboarding" in relationship.tier_on(start).campaigns
    if start < relationship.settings.history_from or not is_sent:
        return
    for after_d, type, subject in _SEQUENCE:
        day = start + after_d * _DAY
        if day <= relationship.settings.until and diary.rng.random() >= _SKIPPED_RATE:
            _send(diary, type, utc(day, 15 * 60 + 30), subject)


def _renewal_notices(diary: Diary) -> None:
    relationship, rng = diary.relationship, diary.rng
    for contract in relationship.course.contracts:
        if contract.ends_on is None or rng.random() < _SKIPPED_RATE:
            continue
        day = contract.ends_on - rng.randrange(45, 80) * _DAY
        tier = relationship.tier_on(contract.ends_on - _NOTICE_FROM_D * _DAY)
        if "renewal_notice" in tier.campaigns and _is_told(relationship, day):
            _send(diary, "renewal_notice", utc(day, 14 * 60), "Your plan renews soon")


def _is_told(relationship: Relationship, day: date) -> bool:
    settings = relationship.settings
    return settings.history_from <= day <= settings.until and relationship.is_customer(day)


def _send(diary: Diary, type: str, sent_at: datetime, subject: str) -> None:
    people = diary.relationship.people(sent_at.date())
    diary.add(
        type=type,
        status="bounced" if diary.rng.random() < _BOUNCED_RATE else "completed",
        started_at=sent_at,
        minutes=None,
        direction="outbound",
        channel="email",
        subject=subject,
        person_emails=(),
        contact_emails=tuple(contact.email for contact in people),
        recorded_in=("campaigns",),
        recorded_at=sent_at + timedelta(minutes=5),
        is_automated=True,
    )
