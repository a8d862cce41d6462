"""dbt, run in this process: to start one of its own takes longer than a night's models.

Belongs here: parsing the project, running a command on a home's warehouse, what dbt says as it
goes, stopping it. Does not: what Dagster makes of that (assets/models), words for people
(dbt_failures).
"""

from __future__ import annotations

import ctypes
import os
import threading
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from pipelines.home import DBT_PROJECT_DIR, KINDS_VARIABLE, WAREHOUSE_VARIABLE, Home

Event = dict[str, Any]
"""What dbt says of something that happened, as in its JSON log."""

_ENDINGS = ("LogModelResult", "LogTestResult")
"""The events that tell how a node ended."""


class DbtFailed(Exception):
    """A command failed, in a node or before it came to any; `results` holds each node's."""

    def __init__(self, message: str, results: Sequence[Any]) -> None:
        super().__init__(message)
        self.results = results


@dataclass(frozen=True)
class Dbt:
    """The project as it is for some kinds of source, on the warehouse of a home.

    While a command runs nothing else may have the warehouse open; nothing has it afterwards.
    """

    home: Home
    kinds: Collection[str]
    project_dir: Path = DBT_PROJECT_DIR

    def parse(self) -> None:
        """Read the project; leaves its manifest in the home."""
        self._invoke(["parse", "--quiet"])

    def run(self, arguments: Sequence[str]) -> Sequence[Any]:
        """Run a command on the parsed project: each node's result. Raises `DbtFailed`."""
        return self._invoke(arguments, self._manifest())

    def follow(self, arguments: Sequence[str]) -> Iterator[Event]:
        """The same, giving how each node ended as it does. Closing the iterator stops dbt."""
        from dbt_common.events.functions import msg_to_dict

        happened: SimpleQueue[Event | BaseException | None] = SimpleQueue()

        def note(message: Any) -> None:
            if message.info.name in _ENDINGS:
                happened.put(msg_to_dict(message))

        def work() -> None:
            try:
                self._invoke(arguments, self._manifest(), note)
                happened.put(None)
            except BaseException as error:
                happened.put(error)

        # In a thread, because dbt calls back: there is no other way to look while it goes on.
        thread = threading.Thread(target=work, name="dbt", daemon=True)
        thread.start()
        try:
            while isinstance(event := happened.get(), dict):
                yield event
        except BaseException:  # also where whoever follows closes the iterator
            _interrupt(thread)
            raise
        finally:
            thread.join()
        if event is not None:
            raise event

    def _invoke(
        self,
        arguments: Sequence[str],
        manifest: Any = None,
        note: Callable[[Any], None] | None = None,
    ) -> Sequence[Any]:
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        os.environ[WAREHOUSE_VARIABLE] = str(self.home.warehouse)
        os.environ[KINDS_VARIABLE] = ";".join(sorted(self.kinds))
        errors: list[str] = []

        def listen(message: Any) -> None:
            if message.info.level == "error":
                errors.append(message.info.msg)
            if note is not None:
                note(message)

        options: dict[str, str | Path] = {
            "--target-path": self.home.dbt_target,
            "--log-path": self.home.dbt_target,
            "--log-level-file": "none",  # what it prints is kept by whoever runs this
            "--project-dir": self.project_dir,
            "--profiles-dir": self.project_dir,
        }
        told = [str(word) for option in options.items() for word in option]
        try:
            ended = dbtRunner(manifest, callbacks=[listen]).invoke([*arguments, *told])
        finally:
            # dbt would keep the file open until it runs again.
            DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]
        results = getattr(ended.result, "results", ())
        if not ended.success:
            raise DbtFailed("\n".join(errors) or f"dbt: {ended.exception}", results)
        return results

    def _manifest(self) -> Any:
        """The parsed project. dbt would parse it anew in every home, since their paths differ."""
        from dbt.contracts.graph.manifest import Manifest
        from dbt.parser.manifest import extended_mashumuro_decoder

        packed = (self.home.dbt_target / "partial_parse.msgpack").read_bytes()
        manifest = Manifest.from_msgpack(packed, decoder=extended_mashumuro_decoder)
        manifest.build_flat_graph()  # type: ignore[no-untyped-call]
        return manifest


def _interrupt(thread: threading.Thread) -> None:
    """What Ctrl-C does to dbt on the command line: its queries are cancelled, and it ends."""
    from dbt.adapters.factory import get_adapter_by_type

    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(KeyboardInterrupt)
        )
    with suppress(KeyError):  # it had not come so far
        adapter = get_adapter_by_type("duckdb")  # type: ignore[no-untyped-call]
        adapter.cancel_open_connections()
