"""Rate budgets: never more requests than allowed, whoever asks."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scripted_http import QuickClock

from connectors.http.budget import Budget


class NotingClock(QuickClock):
    """A clock that can be asked when each request was let go."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go: list[float] = []

    def note(self) -> None:
        self.let_go.append(self.monotonic())


@given(
    requests=st.integers(1, 5),
    seconds=st.sampled_from([1.0, 10.0, 60.0]),
    breaks=st.lists(st.floats(0, 30), min_size=1, max_size=30),
)
def test_no_window_holds_more_requests_than_allowed(
    requests: int, seconds: float, breaks: list[float]
) -> None:
    clock = NotingClock()
    budget = Budget(requests, seconds, clock)
    for idle in breaks:
        clock.sleep(idle)
        budget.spend()
        clock.note()
    for earlier, later in zip(clock.let_go, clock.let_go[requests:], strict=False):
        assert later - earlier >= seconds - 1e-6


def test_a_budget_that_is_not_spent_makes_nobody_wait() -> None:
    clock = QuickClock()
    budget = Budget(3, 10, clock)
    for _ in range(3):
        budget.spend()
    assert clock.naps == []
    budget.spend()
    assert clock.monotonic() == pytest.approx(10, abs=0.01)


def test_threads_share_a_budget() -> None:
    clock = QuickClock()
    budget = Budget(10, 1, clock)
    threads = [
        threading.Thread(target=lambda: [budget.spend() for _ in range(25)]) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert clock.monotonic() >= 9  # 100 requests, 10 at once and 90 more in 9 seconds


def test_a_pause_holds_everyone_and_the_longest_one_counts() -> None:
    clock = QuickClock()
    budget = Budget(100, 1, clock)
    budget.pause(30)
    budget.pause(5)
    budget.spend()
    assert clock.monotonic() == 30
    budget.spend()
    assert clock.monotonic() == 30
