"""dbt in a process of its own, kept ready: its Python has one core, Dagster's another.

Belongs here: starting that process, giving it a command, what comes back, stopping it. Does not:
which commands there are (dbt_run). The process ends by itself when whoever started it ends, however
that happens, and when it has had nothing to do for a while.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Generator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from itertools import pairwise
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from queue import Empty, Queue, SimpleQueue
from typing import Any

from pipelines.dbt_shortcuts import shortcuts
from pipelines.garbage import collect_rarely

Event = dict[str, Any]
"""What dbt says of something that happened, as in its JSON log."""

_ENDINGS = ("LogModelResult", "LogTestResult")
"""The events that tell how a node ended."""

_IDLE_SECONDS = 120

_NEEDED_VARIABLES = (
    *("PATH", "HOME", "USER", "LANG", "LC_", "TZ", "TMP", "TEMP", "SYSTEMROOT", "VIRTUAL_ENV"),
    *("PYTHON", "LD_", "DYLD_", "DBT_", "COLUMNS"),
)
"""The environment that dbt gets, by how names begin. Credentials are not among it; and dbt goes
through all of it for each of the thousands of things that it says in a night."""

_WITHOUT_WARNING = ("-W", "ignore:resource_tracker")
"""When the process ends with whoever started it, Python frees dbt's locks and would say so."""


@dataclass(frozen=True)
class Command:
    """What to tell dbt: the words of its command line, and the environment it needs."""

    arguments: Sequence[str]
    environment: Mapping[str, str]
    parsed_project: Path | None
    """The project as an earlier `parse` left it; without it dbt reads the project."""


@dataclass(frozen=True)
class Ahead:
    """A command that will come: its project is taken in while there is nothing else to do."""

    command: Command


@dataclass(frozen=True)
class NodeResult:
    """How a node of the project ended."""

    name: str
    resource_type: str
    status: str
    """success, pass, warn, fail, error, skipped."""
    message: str | None
    compiled_code: str | None
    execution_seconds: float


@dataclass(frozen=True)
class Ended:
    """How a command ended: without a message, well."""

    message: str | None
    results: Sequence[NodeResult] = ()


@dataclass(frozen=True)
class _Said:
    text: str


_Told = SimpleQueue[Event | _Said | Ended]


@dataclass
class DbtProcess:
    """The process and the line to it. One command at a time; another waits."""

    _line: Connection | None = None
    _process: subprocess.Popen[bytes] | None = None
    _in_use: threading.Lock = field(default_factory=threading.Lock)

    @property
    def pid(self) -> int | None:
        """Which process it is; None before it was ever started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Have it ready soon, without waiting for it. Does nothing where it runs."""
        if self._process is not None and self._process.poll() is None:
            return
        ours, theirs = Pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", *_WITHOUT_WARNING, "-m", __name__, str(theirs.fileno())],
            env={k: v for k, v in os.environ.items() if k.startswith(_NEEDED_VARIABLES)},
            stdin=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
        )
        theirs.close()
        self._line = ours

    def make_ready(self, command: Command) -> None:
        """Have the project taken in for a command that will come, if dbt has nothing to do."""
        if self._in_use.acquire(blocking=False):
            try:
                self._give(Ahead(command))
            finally:
                self._in_use.release()

    def follow(self, command: Command) -> Generator[Event, None, Ended]:
        """Run a command, giving how each node ended as it does. Closing the iterator stops dbt."""
        with self._in_use:
            line = self._give(command)
            try:
                while True:
                    if isinstance(told := _next(line), Ended):
                        return told
                    if isinstance(told, _Said):
                        sys.stdout.write(told.text)
                    else:
                        yield told
            except BaseException:  # also where whoever follows closes the iterator
                self._stop(line)
                raise

    def _give(self, command: Command | Ahead) -> Connection:
        """Send a command; to a new process where the old one has just gone."""
        self.start()
        assert self._line is not None
        try:
            self._line.send(command)
        except OSError:
            self._process = None
            self.start()
            self._line.send(command)
        return self._line

    def _stop(self, line: Connection) -> None:
        """What Ctrl-C does to dbt on the command line: its queries are cancelled, and it ends."""
        assert self._process is not None
        self._process.send_signal(signal.SIGINT)
        while not isinstance(_next(line), Ended):
            pass


@cache
def dbt_process() -> DbtProcess:
    """The one that this process uses."""
    return DbtProcess()


def _next(line: Connection) -> Event | _Said | Ended:
    try:
        told: Event | _Said | Ended = line.recv()
    except (EOFError, OSError):
        return Ended("dbt's process ended before its work did; was it killed, for want of memory?")
    return told


class _Forwarded:
    """A standard output that goes to whoever gave the command."""

    def __init__(self, told: _Told) -> None:
        self._told = told

    def write(self, text: str) -> int:
        self._told.put(_Said(text))
        return len(text)

    def flush(self) -> None:
        """Nothing is held back."""

    def isatty(self) -> bool:
        return False


def serve(line: Connection) -> None:
    """Run the commands that come over the line, until none has come for a while."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever gave the command decides
    collect_rarely()
    commands: Queue[Command | Ahead] = Queue()
    projects = _Projects()
    # One thread alone writes: dbt speaks from several, and an interrupt may hit this one anywhere.
    told: _Told = SimpleQueue()
    for work, queue in ((_hear, commands), (_tell, told)):
        threading.Thread(target=work, args=(line, queue), daemon=True).start()
    sys.stdout = _Forwarded(told)
    import dbt.cli.main  # noqa: F401  takes seconds: now, while nobody waits for it
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    with suppress(Empty):
        while True:
            command = commands.get(timeout=_IDLE_SECONDS)
            if isinstance(command, Ahead):
                projects.take_in(command.command)
                continue
            try:
                signal.signal(signal.SIGINT, signal.default_int_handler)
                ended = _run(command, projects, told)
            except KeyboardInterrupt:
                ended = Ended("interrupted")
            finally:
                signal.signal(signal.SIGINT, signal.SIG_IGN)
                # dbt would keep the file open until it runs again.
                DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
            told.put(ended)


def _hear(line: Connection, commands: Queue[Command | Ahead]) -> None:
    """Take commands; the end of the line is the end, also in the middle of one."""
    with suppress(EOFError, OSError):
        while True:
            commands.put(line.recv())
    os._exit(0)


def _tell(line: Connection, told: _Told) -> None:
    while True:
        line.send(told.get())


class _Projects:
    """The parsed project that the next command is to run on, if it was taken in ahead."""

    def __init__(self) -> None:
        self._taken_in: tuple[object, Any] | None = None

    def take_in(self, command: Command) -> None:
        """Keep what a command will need. What cannot be read is told when the command comes."""
        self._taken_in = None
        with suppress(Exception):
            self._taken_in = self._asked_for(command), _manifest(command)

    def of(self, command: Command) -> Any:
        """The parsed project for a command; given once, since a command changes it."""
        taken_in, self._taken_in = self._taken_in, None
        if taken_in is not None and taken_in[0] == self._asked_for(command):
            return taken_in[1]
        return _manifest(command)

    @staticmethod
    def _asked_for(command: Command) -> object:
        parsed = command.parsed_project
        changed = None if parsed is None else parsed.stat().st_mtime_ns
        return parsed, changed, _left_out(command.arguments)


def _run(command: Command, projects: _Projects, told: _Told) -> Ended:
    from dbt.cli.main import dbtRunner
    from dbt_common.events.functions import msg_to_dict

    os.environ.update(command.environment)
    errors: list[str] = []
    is_quiet = "--quiet" in command.arguments

    def listen(message: Any) -> None:
        if message.info.level == "error":
            errors.append(message.info.msg)
        if message.info.name in _ENDINGS:
            told.put(msg_to_dict(message))
        if message.info.level != "debug" and not is_quiet:
            told.put(_Said(f"{message.info.ts.ToDatetime():%H:%M:%S}  {message.info.msg}\n"))

    parsed = command.parsed_project
    with shortcuts(None if parsed is None else parsed.parent):
        manifest = projects.of(command)
        ended = dbtRunner(manifest, callbacks=[listen]).invoke(list(command.arguments))
    results = [_result(result) for result in getattr(ended.result, "results", ())]
    if ended.success:
        return Ended(None, results)
    return Ended("\n".join(errors) or f"dbt: {ended.exception}", results)


def _manifest(command: Command) -> Any:
    """The parsed project. dbt would parse it anew in every home, since their paths differ.

    Without the tests that the command excludes: dbt links each test with all that follows its
    model, for a while of its own, and only then leaves it out. None where dbt is to read it.
    """
    if command.parsed_project is None:
        return None
    from dbt.artifacts.resources.types import NodeType
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    packed = command.parsed_project.read_bytes()
    manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
    left_out = _left_out(command.arguments)
    if "unit_test" in left_out:
        manifest.unit_tests.clear()
    for name, node in list(manifest.nodes.items()):
        if node.resource_type is NodeType.Test and {f"tag:{tag}" for tag in node.tags} & left_out:
            del manifest.nodes[name]
    manifest.build_flat_graph()  # type: ignore[no-untyped-call]
    return manifest


def _left_out(arguments: Sequence[str]) -> frozenset[str]:
    """Which tests a command excludes, by kind or tag."""
    excluding = ("--exclude-resource-type", "--exclude")
    return frozenset(what for option, what in pairwise(arguments) if option in excluding)


def _result(result: Any) -> NodeResult:
    return NodeResult(
        name=result.node.name,
        resource_type=str(result.node.resource_type),
        status=str(result.status),
        message=result.message,
        compiled_code=getattr(result.node, "compiled_code", None),
        execution_seconds=result.execution_time,
    )


if __name__ == "__main__":
    from pipelines.dbt_process import serve as served  # so that what is sent has one name

    served(Connection(int(sys.argv[1])))
