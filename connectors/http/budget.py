"""Rate budgets: how often a source may be asked, shared by all threads that ask it.

Belongs here: spending a budget, and the pause that a server imposes on everyone. Does not: how
long a server wants us to wait (hints).
"""

from __future__ import annotations

import threading
from collections import deque

from connectors.http.clock import Clock


class Budget:
    """A number of requests in any so many seconds, and the pauses that the server asks for."""

    def __init__(self, requests: int, seconds: float, clock: Clock) -> None:
        self._seconds = seconds
        self._clock = clock
        self._latest: deque[float] = deque(maxlen=requests)  # when they were let go
        self._resume_at = clock.monotonic()
        self._lock = threading.Lock()

    def spend(self) -> None:
        """Wait until a request may be sent."""
        while (wait := self._wait_or_let_go()) > 0:
            self._clock.sleep(wait)

    def pause(self, seconds: float) -> None:
        """Let nobody ask for so long; a longer pause that is under way stays."""
        with self._lock:
            self._resume_at = max(self._resume_at, self._clock.monotonic() + seconds)

    def _wait_or_let_go(self) -> float:
        with self._lock:
            now = self._clock.monotonic()
            free_at = self._resume_at
            if len(self._latest) == self._latest.maxlen:
                free_at = max(free_at, self._latest[0] + self._seconds)
            if free_at <= now:
                self._latest.append(now)
            return free_at - now
