"""Dagster's processes on a home, in the foreground: for development together, else one a service.

Belongs here: the environment that they need. Does not: what they show or do.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from pipelines.home import CHECKOUT, CONFIG_VARIABLE, HOME_VARIABLE, Home
from pipelines.instance import prepare_instance

_WORKSPACE = str(CHECKOUT / "workspace.yaml")


def develop(home: Home, config_dir: Path, host: str, port: int) -> NoReturn:
    """Become `dagster dev`: page and daemon; it ends with Ctrl-C."""
    print(f"Dagster on {home.root}: open http://{host}:{port} (Ctrl-C ends it)", flush=True)
    _become(home, config_dir, "dagster", ["dev", "-w", _WORKSPACE, "-h", host, "-p", str(port)])


def serve_page(home: Home, config_dir: Path, host: str, port: int) -> NoReturn:
    """Become Dagster's webserver."""
    options = ["-w", _WORKSPACE, "-h", host, "-p", str(port)]
    _become(home, config_dir, "dagster_webserver", options)


def run_daemon(home: Home, config_dir: Path) -> NoReturn:
    """Become Dagster's daemon: schedule, queue, sensors."""
    _become(home, config_dir, "dagster._daemon", ["run", "-w", _WORKSPACE])


def _become(home: Home, config_dir: Path, module: str, options: Sequence[str]) -> NoReturn:
    environment = os.environ | {
        "DAGSTER_HOME": str(prepare_instance(home)),
        HOME_VARIABLE: str(home.root),
        CONFIG_VARIABLE: str(config_dir),
    }
    os.execve(  # noqa: S606 - our own interpreter
        sys.executable, [sys.executable, "-P", "-m", module, *options], environment
    )
