"""Asking a source: what follows from each reply, how long we wait, and when we give up."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from scripted_http import STARTED, Answer, Script, scripted

from connectors.errors import (
    CursorExpired,
    DailyQuotaSpent,
    NotPermitted,
    PermanentSourceError,
    TransientSourceError,
)
from connectors.http.budget import Budget
from connectors.http.client import Client, Patience
from connectors.http.message import Reply, Request
from connectors.http.paginators import BodyCursor, NextLink, PageNumber
from connectors.http.records import records_at
from connectors.http.rules import Action, rule
from connectors.http.source import first_text

GET = Request("/things")
FINE = Answer(json={"fine": True})


@pytest.fixture
def script() -> Iterator[Script]:
    with scripted() as served:
        yield served


# What follows from a reply


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (Action.STOP_FOR_TODAY, DailyQuotaSpent),
        (Action.EXPIRED, CursorExpired),
        (Action.NOT_PERMITTED, NotPermitted),
        (Action.REAUTHENTICATE, PermanentSourceError),
        (Action.FAIL, PermanentSourceError),
    ],
)
def test_an_action_that_ends_the_read_asks_once_and_says_what_to_do(
    script: Script, action: Action, error: type[Exception]
) -> None:
    script.answers("/things", Answer(418, {"error": {"text": "I am\n a teapot"}}))
    client = script.client(
        rules=[rule(action, 418, advice="Ask for coffee elsewhere")],
        describe=first_text(("message",), ("error", "text")),
    )
    with pytest.raises(error) as raised:
        client.send(GET)
    assert type(raised.value) is error
    assert str(raised.value) == (
        'GET /things answered 418 and says "I am a teapot". Ask for coffee elsewhere'
    )
    assert len(script.asked) == 1


def test_a_vendors_way_to_say_that_there_is_nothing_is_a_reply_without_a_body(
    script: Script,
) -> None:
    script.answers("/things", Answer(400, {"code": "NONE"}))
    nothing = rule(Action.EMPTY, 400, when=lambda reply: reply.at("code") == "NONE")
    assert script.client(rules=[nothing]).send(GET).body == b""
    assert list(script.client(rules=[nothing]).pages(GET, NextLink(("next",)), lambda r: 0))
    with pytest.raises(PermanentSourceError, match="answered 400"):
        script.client().send(GET)


def test_a_reply_without_content_is_accepted(script: Script) -> None:
    script.answers("/things", Answer(204))
    assert script.client().send(GET).body == b""


@pytest.mark.parametrize(
    ("status", "error"),
    [(400, PermanentSourceError), (403, NotPermitted), (404, PermanentSourceError)],
)
def test_what_no_rule_of_the_source_names_is_judged_by_the_common_ones(
    script: Script, status: int, error: type[Exception]
) -> None:
    script.answers("/things", Answer(status))
    with pytest.raises(error, match=f"answered {status}"):
        script.client().send(GET)
    assert len(script.asked) == 1


# Waiting


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "7"}, 7),
        ({"Retry-After": format_datetime(STARTED + timedelta(seconds=30), usegmt=True)}, 30),
        ({"X-RateLimit-Reset": f"{(STARTED.timestamp() + 20) * 1000:.0f}"}, 20),
        ({}, 10),
    ],
)
def test_too_fast_is_answered_by_waiting_as_long_as_they_say(
    script: Script, headers: dict[str, str], seconds: float
) -> None:
    script.answers("/things", Answer(429, headers=headers), FINE)
    assert script.client().send(GET).at("fine")
    assert sum(script.clock.waits) == pytest.approx(seconds)


def test_waiting_for_a_rate_limit_uses_up_no_attempts(script: Script) -> None:
    slow = [Answer(429, headers={"Retry-After": "1"})] * 9
    script.answers("/things", *slow, FINE)
    assert script.client(patience=Patience(attempts=1)).send(GET).at("fine")


def test_one_wait_in_thousands_ends_at_the_patience_that_is_configured(script: Script) -> None:
    script.answers("/things", Answer(429, headers={"Retry-After": "100"}))
    with pytest.raises(TransientSourceError, match="429"):
        script.client(patience=Patience(max_wait_s=250)).send(GET)
    assert len(script.asked) == 3
    assert sum(script.clock.waits) == pytest.approx(200)


def test_a_longer_wait_than_anyone_has_patience_for_is_not_begun(script: Script) -> None:
    script.answers("/things", Answer(429, headers={"Retry-After": "86400"}))
    with pytest.raises(TransientSourceError):
        script.client().send(GET)
    assert script.clock.waits == []


def test_a_server_that_says_again_at_once_for_ever_is_given_up(script: Script) -> None:
    script.answers("/things", Answer(429, headers={"Retry-After": "0"}))
    with pytest.raises(TransientSourceError):
        script.client().send(GET)
    assert len(script.asked) < 25


def test_no_thread_of_a_source_asks_while_one_was_told_to_wait(script: Script) -> None:
    script.answers("/things", Answer(429, headers={"Retry-After": "60"}), FINE)
    script.answers("/others", FINE)
    client = script.client()
    client.send(GET)
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(client.send, [Request("/others")] * 3))
    assert script.clock.monotonic() == pytest.approx(60)

    budget = client.budgets["default"]
    budget.pause(30)
    budget.pause(5)  # a shorter one does not cut the longer one short
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(client.send, [Request("/others")] * 3))
    assert script.clock.monotonic() >= 90


def test_a_pause_holds_for_its_own_budget_only(script: Script) -> None:
    script.answers("/things", FINE)
    search = Budget(1000, 1, script.clock)
    search.pause(50)
    client = script.client(budgets={**script.client().budgets, "search": search})
    client.send(GET)
    assert script.clock.waits == []
    client.send(Request("/things", budget="search"))
    assert sum(script.clock.waits) == pytest.approx(50)


# Trying again


@pytest.mark.parametrize("status", [408, 409, 500, 502, 503, 504])
def test_a_failure_of_theirs_is_tried_again_after_growing_pauses(
    script: Script, status: int
) -> None:
    script.answers("/things", Answer(status), Answer(status), Answer(status), FINE)
    assert script.client().send(GET).at("fine")
    first, second, third = script.clock.waits
    assert 1 <= first <= 2 <= second <= 3 < 4 <= third <= 5


def test_a_failure_with_a_hint_is_waited_for_as_long_as_it_says(script: Script) -> None:
    busy = Answer(503, headers={"Retry-After": "33", "RateLimit-Reset": "500"})
    script.answers("/things", busy, FINE)
    script.client().send(GET)
    assert script.clock.waits == [33]


def test_a_reset_header_beside_a_failure_is_no_hint(script: Script) -> None:
    script.answers("/things", Answer(500, headers={"RateLimit-Reset": "55"}), FINE)
    script.client().send(GET)
    assert sum(script.clock.waits) < 3


def test_waits_for_a_rate_limit_do_not_lengthen_the_pause_after_a_failure(script: Script) -> None:
    slow = [Answer(429, headers={"Retry-After": "1"})] * 8
    script.answers("/things", *slow, Answer(500), FINE)
    script.client().send(GET)
    assert sum(script.clock.waits) < 8 + 3


def test_attempts_are_counted_and_then_the_error_is_transient(script: Script) -> None:
    script.answers("/things", Answer(502))
    with pytest.raises(TransientSourceError, match="GET /things answered 502"):
        script.client(patience=Patience(attempts=3)).send(GET)
    assert len(script.asked) == 3
    assert len(script.clock.waits) == 2


def test_failures_too_end_at_the_patience_that_is_configured(script: Script) -> None:
    script.answers("/things", Answer(503, headers={"Retry-After": "400"}))
    with pytest.raises(TransientSourceError):
        script.client(patience=Patience(attempts=50, max_wait_s=1000)).send(GET)
    assert len(script.asked) == 3
    assert sum(script.clock.waits) == pytest.approx(800)


# The day's quota


def test_a_spent_quota_stops_the_other_streams_without_asking(script: Script) -> None:
    script.answers("/things", Answer(429, {"policyName": "DAILY"}))
    script.answers("/others", FINE)
    daily = rule(Action.STOP_FOR_TODAY, 429, when=lambda reply: reply.at("policyName") == "DAILY")
    client = script.client(rules=[daily])
    with pytest.raises(DailyQuotaSpent, match="429"):
        client.send(GET)
    with pytest.raises(DailyQuotaSpent, match="429"):
        client.send(Request("/others"))
    assert script.paths() == ["/things"]


def test_a_limit_that_headers_tell_of_stops_the_source_too(script: Script) -> None:
    def nearly_spent(reply: Reply) -> None:
        if reply.headers.get("x-used") == "95/100":
            raise DailyQuotaSpent("95 of 100 requests of today are used")

    script.answers("/things", Answer(headers={"X-Used": "95/100"}))
    script.answers("/others", FINE)
    client = script.client(on_reply=nearly_spent)
    for path in ("/things", "/others"):
        with pytest.raises(DailyQuotaSpent, match="95 of 100"):
            client.send(Request(path))
    assert script.paths() == ["/things"]


# Turning pages


def page(numbers: list[int], **around: Any) -> Answer:
    return Answer(json={"items": [{"id": n} for n in numbers], **around})


def ids(client: Client, request: Request, paginator: Any) -> list[bytes]:
    def count(reply: Reply) -> int:
        return len(records_at(reply, "items"))

    return [
        record
        for reply in client.pages(request, paginator, count)
        for record in records_at(reply, "items")
    ]


def test_pages_are_turned_until_the_end(script: Script) -> None:
    script.answers("/things", page([1, 2], next="/more?at=2"))
    script.answers("/more", page([3], next=f"{script.base_url}/last"))
    script.answers("/last", page([]))
    assert ids(script.client(), GET.with_params(limit=2), NextLink(("next",))) == [
        b'{"id":1}',
        b'{"id":2}',
        b'{"id":3}',
    ]
    assert [asked.query for asked in script.asked] == [{"limit": ["2"]}, {"at": ["2"]}, {}]


def test_pages_of_one_thread_come_by_one_connection(script: Script) -> None:
    script.answers("/things", *(page([n], after=n + 1) for n in range(5)), page([9]))
    assert len(ids(script.client(), GET, BodyCursor(("after",), param="after"))) == 6
    assert len({asked.connection for asked in script.asked}) == 1


def test_a_server_that_leads_in_a_circle_is_found_out(script: Script) -> None:
    script.answers("/things", page([1], next="/b"))
    script.answers("/b", page([2], next="/c"))
    script.answers("/c", page([3], next="/b"))
    with pytest.raises(PermanentSourceError, match="never end"):
        ids(script.client(), GET, NextLink(("next",)))
    assert len(script.asked) < 6


def test_a_server_that_does_not_know_the_page_parameter_is_found_out(script: Script) -> None:
    script.answers("/things", page([1, 2]))
    with pytest.raises(PermanentSourceError, match="never end"):
        ids(script.client(), GET, PageNumber("page", size=2))
    assert len(script.asked) == 2


def test_different_pages_without_records_are_no_circle(script: Script) -> None:
    script.answers("/things", page([], after=1), page([], after=2), page([], after=3), page([5]))
    assert ids(script.client(), GET, BodyCursor(("after",), param="after")) == [b'{"id":5}']


# Threads


def test_threads_share_a_budget_and_each_keeps_a_connection(script: Script) -> None:
    script.answers("/things", FINE)
    client = script.client()
    together = threading.Barrier(4)

    def ask_thrice() -> None:
        together.wait(timeout=5)
        for _ in range(3):
            client.send(GET)

    threads = [threading.Thread(target=ask_thrice) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert len(script.asked) == 12
    assert len({asked.connection for asked in script.asked}) == 4
