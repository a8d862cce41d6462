"""What is told when: once when it breaks, again while it lasts, once when it is over."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from pipelines.alerts.message import Published, StaleStream, night_degraded
from pipelines.alerts.watch import FailedRun, Seen, Told, worth_telling
from pipelines.config.alerts import AlertsFile

NOW = datetime(2026, 11, 22, 4, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CONFIG = AlertsFile(repeat_hours=24, silent_hours=30, link="https://dagster.example")
PUBLISHED = Published(date(2026, 11, 21), NOW - 2 * HOUR)
WELL = Seen(NOW, (), PUBLISHED, ())
DEALS = StaleStream(
    "crm.deals", NOW - 40 * HOUR, 30.0, ("contracts",), "401: the token was revoked"
)
TICKETS = StaleStream("desk.tickets", None, 30.0, ("tickets",), None)


def titles(seen: Seen, told: Told) -> tuple[list[str], Told]:
    alerts, known = worth_telling(seen, told, CONFIG)
    return [alert.title for alert in alerts], known


def test_nothing_is_told_where_all_is_well() -> None:
    assert titles(WELL, Told.begin(NOW - HOUR))[0] == []


def test_a_night_that_failed_says_why_since_when_what_and_what_to_do() -> None:
    failed = replace(WELL, failed_runs=[FailedRun(("crm.deals: gone", "disk full"), False)])
    [alert], _ = worth_telling(failed, Told.begin(NOW - HOUR), CONFIG)
    assert alert.title == "Nothing was published tonight"
    assert str(alert).splitlines() == [
        "What broke:",
        "- crm.deals: gone",
        "- disk full",
        "Since: last published 22 Nov 2026 02:00 UTC",
        "Affected: every table still says what was true on 21 Nov 2026",
        "What to do:",
        "- put right what is named above, then run cs-coverage refresh",
        "- cs-coverage check says whether configuration and permissions are sound",
        "Look at it: https://dagster.example",
    ]


def test_a_degraded_night_names_the_numbers_that_suffer() -> None:
    failed = replace(WELL, failed_runs=[FailedRun(("crm.deals: 401",), True, ("contracts",))])
    [alert], _ = worth_telling(failed, Told.begin(NOW - HOUR), CONFIG)
    assert alert.title == "Published, but some streams keep older data"
    assert "ARR, term ends, renewal, retention and expansion (contracts)" in str(alert)


def test_a_night_without_its_report_says_that_the_tables_are_there() -> None:
    line = "published__report: OSError: the disk is full"
    failed = replace(WELL, failed_runs=[FailedRun((line,), True)])
    [alert], _ = worth_telling(failed, Told.begin(NOW - HOUR), CONFIG)
    assert alert.title == "Published, but the report is the one before"
    assert "the disk is full" in str(alert)
    both = replace(WELL, failed_runs=[FailedRun((line, "- crm.deals: 401"), True)])
    assert titles(both, Told.begin(NOW - HOUR))[0] == [
        "Published, but some streams keep older data"
    ]


def test_a_night_that_could_not_write_back_says_that_the_tables_are_right() -> None:
    lines = ("Published, but:", "- crm.write_back: held back: it would be the first time")
    failed = replace(WELL, failed_runs=[FailedRun(lines, True)])
    [alert], _ = worth_telling(failed, Told.begin(NOW - HOUR), CONFIG)
    assert alert.title == "Published, but not all could be written back"
    assert "crm.write_back: held back" in str(alert)
    assert "what is published is as it should be" in str(alert)


def test_a_run_that_is_tried_again_and_fails_the_same_says_nothing_new() -> None:
    failed = replace(WELL, failed_runs=[FailedRun(("- crm.deals: 503",), True)])
    first, told = titles(failed, Told.begin(NOW - HOUR))
    assert first == ["Published, but some streams keep older data"]
    told = Told.read(told.written())
    assert titles(replace(failed, now=NOW + HOUR), told)[0] == []
    otherwise = replace(failed, failed_runs=[FailedRun(("- crm.deals: 401",), True)])
    assert titles(replace(otherwise, now=NOW + HOUR), told)[0] == first
    fresh = replace(failed, now=NOW + 24 * HOUR, published=replace(PUBLISHED, at=NOW + 22 * HOUR))
    assert titles(fresh, told)[0] == first


def test_a_stale_source_is_told_once_a_day_and_once_when_it_is_over() -> None:
    stale = replace(WELL, stale=[DEALS])
    first, known = titles(stale, Told.begin(NOW - HOUR))
    assert first == ["Stale: crm.deals"]
    soon, known = titles(replace(stale, now=NOW + HOUR), known)
    assert soon == []
    published = replace(PUBLISHED, at=NOW + 22 * HOUR)
    again, known = titles(replace(stale, now=NOW + 24 * HOUR, published=published), known)
    assert again == ["Stale: crm.deals"]
    over, known = titles(replace(WELL, now=NOW + 25 * HOUR, published=published), known)
    assert over == ["Fresh again: crm.deals"]
    assert titles(replace(WELL, now=NOW + 26 * HOUR, published=published), known)[0] == []


def test_a_second_stale_source_tells_of_all_in_one_message() -> None:
    _, known = titles(replace(WELL, stale=[DEALS]), Told.begin(NOW - HOUR))
    [alert], _ = worth_telling(replace(WELL, stale=[DEALS, TICKETS]), known, CONFIG)
    assert alert.title == "Stale: crm.deals, desk.tickets"
    assert alert.broke == (
        "crm.deals was last read 40 hours ago (30 hours are allowed): 401: the token was revoked",
        "desk.tickets was never read (30 hours are allowed)",
    )


def test_while_nothing_is_published_streams_are_not_blamed_for_their_age() -> None:
    late = replace(WELL, now=NOW + 29 * HOUR, stale=[DEALS, TICKETS])
    told, known = titles(late, Told.begin(NOW))
    assert told == ["Nothing has been published for 31 hours"]
    back = replace(WELL, now=NOW + 30 * HOUR, published=replace(PUBLISHED, at=NOW + 30 * HOUR))
    assert titles(back, known)[0] == ["Fresh again: published tables"]


def test_a_home_that_never_published_is_told_after_the_same_time() -> None:
    empty = replace(WELL, published=None)
    assert titles(empty, Told.begin(NOW))[0] == []
    told = Told.begin(NOW)
    for hour in range(1, 31):
        said, told = titles(replace(empty, now=NOW + hour * HOUR), told)
        assert said == []
    said, _ = titles(replace(empty, now=NOW + 31 * HOUR), told)
    assert said == ["Nothing has been published"]


def test_a_server_that_did_not_take_the_tables_is_told_as_that() -> None:
    server = "- PostgreSQL db/analytics: password authentication failed; check it"
    alert = night_degraded([server], ())
    assert alert.title == "Published, but not to PostgreSQL"
    assert alert.broke == ("PostgreSQL db/analytics: password authentication failed; check it",)
    assert "cs-coverage publish" in str(alert)
    both = night_degraded([server, "- crm.deals: 401: the token was revoked"], ["contracts"])
    assert both.title == "Published, but some streams keep older data"
    assert len(both.broke) == 2


def test_what_was_told_is_remembered_as_text() -> None:
    told = Told(NOW, NOW + HOUR, {"crm.deals": NOW})
    assert Told.read(told.written()) == told
