"""Dagster's web page and daemon on a home, in the foreground.

Belongs here: the environment that they need. Does not: what they show.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from pipelines.home import CHECKOUT, CONFIG_VARIABLE, HOME_VARIABLE, Home
from pipelines.instance import prepare_instance


def serve(home: Home, config_dir: Path, host: str, port: int) -> int:
    """Replace this process by `dagster dev`; it ends with Ctrl-C."""
    environment = os.environ | {
        "DAGSTER_HOME": str(prepare_instance(home)),
        HOME_VARIABLE: str(home.root),
        CONFIG_VARIABLE: str(config_dir),
    }
    print(f"Dagster on {home.root}: open http://{host}:{port} (Ctrl-C ends it)", flush=True)
    workspace = str(CHECKOUT / "workspace.yaml")
    command = [sys.executable, "-m", "dagster", "dev", "-w", workspace]
    os.execve(  # noqa: S606 - our own interpreter
        sys.executable, [*command, "-h", host, "-p", str(port)], environment
    )
