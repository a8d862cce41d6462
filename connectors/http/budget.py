"""Rate budgets: how often a source may be asked, shared by all threads that ask it.

Belongs here: spending a budget, and the pause that a server imposes on everyone. Does not: how
long a server wants us to wait (hints).
"""

from __future__ import annotations

import threading

from pyrate_limiter import Duration, Limiter, Rate

from connectors.http.clock import Clock


class Budget:
    """A number of requests in a number of seconds, and the pauses that the server asks for."""

    def __init__(self, requests: int, seconds: float, clock: Clock) -> None:
        self._limiter = Limiter(Rate(requests, int(seconds * Duration.SECOND)))
        self._clock = clock
        self._resume_at = clock.monotonic()
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Wait until a request may be sent."""
        self._sit_out_pauses()
        self._limiter.try_acquire("request", blocking=True)
        self._sit_out_pauses()  # one may have begun while the budget made us wait

    def pause(self, seconds: float) -> None:
        """Let nobody ask for so long; a longer pause that is under way stays."""
        with self._lock:
            self._resume_at = max(self._resume_at, self._clock.monotonic() + seconds)

    def _sit_out_pauses(self) -> None:
        while (pause := self._pause_left()) > 0:
            self._clock.sleep(pause)

    def _pause_left(self) -> float:
        with self._lock:
            return self._resume_at - self._clock.monotonic()
