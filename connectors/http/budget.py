"""Rate budgets: how often a source may be asked, shared by all threads that ask it.

Belongs here: spending a budget, and the pause that a server imposes on everyone. Does not: how
long a server wants us to wait (hints).
"""

from __future__ import annotations

import threading

from pyrate_limiter import InMemoryBucket, Rate, RateItem

from connectors.http.clock import Clock

_MILLISECONDS = 1000


class Budget:
    """A number of requests in any so many seconds, and the pauses that the server asks for.

    The bucket counts; the waiting is ours, because a pause may begin while somebody waits.
    """

    def __init__(self, requests: int, seconds: float, clock: Clock) -> None:
        self._bucket = InMemoryBucket([Rate(requests, int(seconds * _MILLISECONDS))])
        self._clock = clock
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
            if now < self._resume_at:
                return self._resume_at - now
            request = RateItem("request", int(now * _MILLISECONDS))
            self._bucket.leak(request.timestamp)
            if self._bucket.put(request):
                return 0
            wait = self._bucket.waiting(request)
            assert isinstance(wait, int)  # a bucket elsewhere would have to be awaited
            return max(1, wait) / _MILLISECONDS
