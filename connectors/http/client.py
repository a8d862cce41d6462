"""Asking a source: one session a thread, patience, and no more than its budget allows.

Belongs here: sending, deciding by the source's rules, waiting, retrying, turning pages. Does not:
what a reply means to a vendor (its rules), or what is in it (records).
"""

from __future__ import annotations

import logging
import os
import random
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import requests
from urllib3.exceptions import ReadTimeoutError

from connectors.errors import (
    CursorExpired,
    DailyQuotaSpent,
    NotPermitted,
    PermanentSourceError,
    SourceError,
    TransientSourceError,
)
from connectors.http.auth import Authenticator
from connectors.http.budget import Budget
from connectors.http.clock import Clock
from connectors.http.hints import retry_after, seconds_to_wait
from connectors.http.message import Reply, Request
from connectors.http.paginators import Paginator
from connectors.http.rules import Action, Rule, decide

USER_AGENT = "cs-coverage"
NO_CONTENT = 204

_FIRST_PAUSE_S = 1.0
_LONGEST_PAUSE_S = 60.0
_UNHINTED_WAIT_S = 10.0
_LONGEST_WORDS = 300
_PIECE = 1 << 20
_STREAMABLE = range(200, 300)
_PORTS = {"http": 80, "https": 443}

_Answer = TypeVar("_Answer")

log = logging.getLogger("cs_coverage")


@dataclass(frozen=True)
class Patience:
    """How much trouble a request is worth."""

    attempts: int = 6
    max_wait_s: float = 1800
    connect_timeout_s: float = 10
    read_timeout_s: float = 120


class _Again(Exception):
    """Ask again after `pause_s`, or after a pause of our own; `error` is raised if we give up."""

    def __init__(self, error: SourceError, pause_s: float | None, *, counts: bool = True) -> None:
        super().__init__(str(error))
        self.error, self.pause_s, self.counts = error, pause_s, counts


@dataclass
class _Trouble:
    """What one request has been through."""

    failures: int = 0
    slowed: int = 0
    waited_s: float = 0
    was_renewed: bool = False


@dataclass
class Client:
    """Everything needed to ask one source; shared by the threads that read its streams.

    `budgets` has one named default. `describe` finds the vendor's own words in an error reply;
    they are shown, so they must not echo credentials. `on_reply` sees every reply, for limits
    that headers tell; it may raise `DailyQuotaSpent`.
    """

    name: str
    base_url: str
    authenticator: Authenticator
    budgets: Mapping[str, Budget]
    rules: Sequence[Rule] = ()
    describe: Callable[[Reply], str | None] = lambda reply: None
    on_reply: Callable[[Reply], None] = lambda reply: None
    headers: Mapping[str, str] = field(default_factory=dict)
    patience: Patience = field(default_factory=Patience)
    clock: Clock = field(default_factory=Clock)
    _local: threading.local = field(default_factory=threading.local)
    _spent: str | None = None

    def send(self, request: Request) -> Reply:
        """The accepted reply; one without a body where the rules say that there is nothing.

        Raises `SourceError`: `CursorExpired`, `NotPermitted`, `DailyQuotaSpent` or another.
        """
        return self._persist(request, self._whole)

    def pages(
        self, request: Request, paginator: Paginator, count: Callable[[Reply], int]
    ) -> Iterator[Reply]:
        """Every page from `request` on; `count` tells how many records a page holds.

        Raises `PermanentSourceError` where the server would have us turn pages for ever.
        """
        upcoming: Request | None = request
        asked: set[int] = set()
        before = b""
        while upcoming is not None:
            question = hash(repr((upcoming.url, upcoming.params, upcoming.json)))
            reply = self.send(upcoming)
            records = count(reply) if reply.body else 0
            if question in asked or (records and reply.body == before):
                raise PermanentSourceError(
                    f"{request.shown}: the server gives the same page again and again; reading "
                    "would never end. Report it to the vendor"
                )
            asked.add(question)
            before = reply.body
            yield reply
            upcoming = paginator.following(upcoming, reply, records) if reply.body else None

    @contextmanager
    def streamed(self, request: Request) -> Iterator[tuple[Reply, Iterator[bytes]]]:
        """A reply whose body comes in pieces, in bounded memory; its own `body` stays empty.

        Only the opening is retried: a connection that breaks later raises
        `TransientSourceError`.
        """
        with self._persist(request, self._opened) as response:
            reply = Reply(response.status_code, response.headers, b"", request)
            yield reply, _pieces(response, request)

    def _persist(self, request: Request, ask: Callable[[Request, _Trouble], _Answer]) -> _Answer:
        # A library for this took an eighth of what a request costs, and had all decided here.
        trouble = _Trouble()
        while True:
            try:
                return ask(request, trouble)
            except _Again as again:
                pause = self._pause(trouble, again)
                if self._is_enough(trouble):
                    raise again.error from None
            self.clock.sleep(pause)

    def _is_enough(self, trouble: _Trouble) -> bool:
        patience = self.patience
        return trouble.failures >= patience.attempts or trouble.waited_s > patience.max_wait_s

    def _pause(self, trouble: _Trouble, again: _Again) -> float:
        if not again.counts:
            return 0.0  # the budget makes everyone wait
        pause = max(_growing_pause(trouble.failures), again.pause_s or 0.0)
        trouble.waited_s += pause
        if not self._is_enough(trouble):
            log.info("%s: %s; again in %.0f s", self.name, again.error, pause)
        return pause

    def _whole(self, request: Request, trouble: _Trouble) -> Reply:
        response, proof = self._exchange(request, trouble)
        try:
            # In large pieces: by itself requests puts a body together from pieces of 10 kB.
            body = b"".join(response.iter_content(_PIECE))
        except requests.RequestException as error:
            raise self._failed(request, error, trouble) from None
        finally:
            response.close()
        reply = Reply(response.status_code, response.headers, body, request)
        return self._judge(reply, proof, trouble)

    def _opened(self, request: Request, trouble: _Trouble) -> requests.Response:
        response, proof = self._exchange(request, trouble)
        if response.status_code in _STREAMABLE:
            self._heed(Reply(response.status_code, response.headers, b"", request))
            return response
        with response:
            body = b"".join(_pieces(response, request))
        self._judge(Reply(response.status_code, response.headers, body, request), proof, trouble)
        raise TransientSourceError(f"{request.shown} answered nothing that can be streamed")

    def _exchange(
        self, request: Request, trouble: _Trouble
    ) -> tuple[requests.Response, Mapping[str, str]]:
        """A response whose body is still to be read."""
        if self._spent:
            raise DailyQuotaSpent(self._spent)
        proof = self.authenticator.headers()
        budget = self.budgets.get(request.budget) or self.budgets["default"]
        budget.spend()
        try:
            response = self._session().request(
                request.method,
                self._url(request),
                params=dict(request.params),
                json=request.json,
                data=request.form,
                headers={**self.headers, **request.headers, **proof},
                timeout=(self.patience.connect_timeout_s, self.patience.read_timeout_s),
                stream=True,
                allow_redirects=False,
            )
        except (requests.exceptions.InvalidHeader, UnicodeEncodeError):
            raise PermanentSourceError(
                f"{request.shown} cannot be sent: the token, key or password holds a line break "
                "or a character that none can hold. Copy it anew to where auth in sources.yaml "
                "says it is"
            ) from None
        except requests.RequestException as error:
            raise self._failed(request, error, trouble) from None
        return response, proof

    def _failed(
        self, request: Request, error: requests.RequestException, trouble: _Trouble
    ) -> _Again:
        trouble.failures += 1
        return _Again(self._unreachable(request, error), None)

    def _judge(self, reply: Reply, proof: Mapping[str, str], trouble: _Trouble) -> Reply:
        self._heed(reply)
        rule = decide(reply, self.rules)
        match rule.action:
            case Action.ACCEPT:
                return _complete(reply, trouble)
            case Action.EMPTY:
                return Reply(reply.status, reply.headers, b"", reply.request)
            case Action.WAIT:
                self._wait(reply, rule, trouble)
            case Action.RETRY:
                trouble.failures += 1
                hint = retry_after(reply.headers, self.clock.now())
                pause = rule.wait_s if hint is None else hint
                raise _Again(TransientSourceError(self._words(reply, rule)), pause)
            case Action.REAUTHENTICATE:
                if not trouble.was_renewed and self.authenticator.renew(proof):
                    trouble.was_renewed = True
                    refused = PermanentSourceError(self._words(reply, rule))
                    raise _Again(refused, None, counts=False)
            case Action.STOP_FOR_TODAY:
                self._spent = self._words(reply, rule)
                raise DailyQuotaSpent(self._spent)
            case Action.EXPIRED:
                raise CursorExpired(self._words(reply, rule))
            case Action.NOT_PERMITTED:
                raise NotPermitted(self._words(reply, rule))
        raise PermanentSourceError(self._words(reply, rule))

    def _heed(self, reply: Reply) -> None:
        try:
            self.on_reply(reply)
        except DailyQuotaSpent as spent:
            self._spent = str(spent)
            raise

    def _wait(self, reply: Reply, rule: Rule, trouble: _Trouble) -> None:
        hint = seconds_to_wait(reply.headers, self.clock.now())
        pause = hint if hint is not None else rule.wait_s or _UNHINTED_WAIT_S
        if pause < _FIRST_PAUSE_S:  # "at once", again and again, must not become a busy loop
            trouble.slowed += 1
            pause = _growing_pause(trouble.slowed)
        error = TransientSourceError(self._words(reply, rule))
        trouble.waited_s += pause
        if trouble.waited_s > self.patience.max_wait_s:
            raise error
        log.info("%s: asked to slow down; going on in %.0f s", self.name, pause)
        (self.budgets.get(reply.request.budget) or self.budgets["default"]).pause(pause)
        raise _Again(error, pause, counts=False)

    def _session(self) -> requests.Session:
        session: requests.Session | None = getattr(self._local, "session", None)
        if session is None:
            session = requests.Session()
            session.headers["User-Agent"] = USER_AGENT
            session.trust_env = False  # no credentials from a .netrc that nobody thought of
            session.verify = os.environ.get("REQUESTS_CA_BUNDLE") or True
            session.proxies = requests.utils.get_environ_proxies(self.base_url)
            self._local.session = session
        return session

    def _url(self, request: Request) -> str:
        if not request.url.lower().startswith(("http://", "https://")):
            return f"{self.base_url}/{request.url.lstrip('/')}"
        ours, theirs = urlsplit(self.base_url), urlsplit(request.url)
        if _origin(ours) != _origin(theirs):
            raise PermanentSourceError(
                f"{request.shown}: the server sends us on to {theirs.scheme}://{theirs.hostname}, "
                f"another host than base_url ({ours.scheme}://{ours.hostname}); credentials are "
                "not sent there. Correct base_url"
            )
        return request.url

    def _unreachable(self, request: Request, error: requests.RequestException) -> SourceError:
        host = urlsplit(self.base_url).netloc
        if isinstance(error, requests.exceptions.SSLError):
            return TransientSourceError(f"{host} shows no certificate that can be trusted")
        what = (
            f"took no connection within {self.patience.connect_timeout_s:g} s"
            if isinstance(error, requests.ConnectTimeout)
            else f"fell silent for {self.patience.read_timeout_s:g} s"
            if _is_silence(error)
            else "broke off in the middle of its answer"
            if isinstance(error, requests.exceptions.ChunkedEncodingError)
            else "cannot be reached"
        )
        return TransientSourceError(f"{host} {what} ({request.shown}). Check base_url and network")

    def _words(self, reply: Reply, rule: Rule) -> str:
        theirs = self.describe(reply)
        said = f' and says "{" ".join(theirs.split())[:_LONGEST_WORDS]}"' if theirs else ""
        advice = f". {rule.advice}" if rule.advice else ""
        return f"{reply.request.shown} answered {reply.status}{said}{advice}"


def _complete(reply: Reply, trouble: _Trouble) -> Reply:
    """The reply, if its body is JSON; half a page or a proxy's page is worth another try."""
    try:
        if reply.status != NO_CONTENT:
            _ = reply.outermost
    except TransientSourceError as error:
        trouble.failures += 1
        raise _Again(error, None) from None
    return reply


def _growing_pause(time: int) -> float:
    """Seconds to pause the `time`-th time: doubling, a little at random, within reason."""
    doubled = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2.0 ** min(time - 1, 10))
    return doubled + random.random()  # noqa: S311


def _origin(url: SplitResult) -> tuple[str, str | None, int | None]:
    return url.scheme, url.hostname, url.port or _PORTS.get(url.scheme)


def _is_silence(error: requests.RequestException) -> bool:
    # requests calls silence in the middle of a body a connection error
    cause = error.args[0] if error.args else None
    return isinstance(error, requests.Timeout) or isinstance(cause, ReadTimeoutError)


def _pieces(response: requests.Response, request: Request) -> Iterator[bytes]:
    try:
        yield from response.iter_content(_PIECE)
    except requests.RequestException as error:
        raise TransientSourceError(
            f"{request.shown} broke off in the middle of its answer ({type(error).__name__})"
        ) from None
