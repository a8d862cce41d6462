"""Dagster's event log on one machine, without opening it anew for everything that it writes.

Belongs here: keeping its connections for the time of a run. Does not: what is logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import StaticPool

if TYPE_CHECKING:
    from dagster._core.storage.event_log import EventLogStorage

_BUSY_SECONDS = 60
"""How long to wait for another process (the web page, the daemon) that is writing."""


@contextmanager
def kept_open(storage: EventLogStorage) -> Iterator[None]:
    """Let the log keep one connection to each of its SQLite files while the block runs.

    By itself it opens, flushes and closes a file for each of a night's thousand writes, which takes
    longer than the night's SQL. A kill loses nothing of what was written; after a power cut the
    last events may be missing, on which nothing depends. Another kind of log stays as it is.
    """
    from dagster._core.storage.event_log import SqliteEventLogStorage
    from dagster._core.storage.event_log.sqlite.sqlite_event_log import INDEX_SHARD_NAME

    if not isinstance(storage, SqliteEventLogStorage):
        yield
        return
    made_once, writing = storage.run_connection, Lock()
    look_for_column = storage._has_asset_key_col_on_connection
    columns: dict[str, bool] = {}
    engines: dict[str, Engine] = {}

    @contextmanager
    def connection(shard: str) -> Iterator[Connection]:
        with writing:
            if shard not in engines:
                with made_once(shard):
                    pass  # makes the file where there is none
                engines[shard] = _engine(storage.conn_string_for_shard(shard))
            with engines[shard].begin() as opened:
                yield opened

    def has_column(opened: Connection, name: str) -> bool:
        if name not in columns:
            columns[name] = look_for_column(opened, name)
        return columns[name]

    with ExitStack() as ended:
        for name, kept in (
            ("run_connection", lambda run_id=None: connection(run_id)),
            ("index_connection", lambda: connection(INDEX_SHARD_NAME)),
            # How the files are laid out, which Dagster looks up for every asset's event.
            ("has_table", cache(storage.has_table)),
            ("has_asset_key_col", cache(storage.has_asset_key_col)),
            ("_has_asset_key_col_on_connection", has_column),
            ("has_secondary_index", cache(storage.has_secondary_index)),
        ):
            setattr(storage, name, kept)
            ended.callback(delattr, storage, name)
        try:
            yield
        finally:
            for engine in engines.values():
                engine.dispose()


def _engine(address: str) -> Engine:
    engine = create_engine(
        address,
        poolclass=StaticPool,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
    )
    event.listen(engine, "connect", lambda raw, _: raw.execute("pragma synchronous = normal"))
    return engine
