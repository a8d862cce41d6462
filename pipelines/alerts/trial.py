"""`cs-coverage alert`: a message on trial, so that the first one is not sent on a bad night.

Belongs here: that message, and what is said of its way. Does not: sending (delivery).
"""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from pipelines.alerts.delivery import NotDelivered, deliver
from pipelines.alerts.message import Alert
from pipelines.cli import BAD_CONFIG, NOT_PUBLISHED
from pipelines.config import ConfigError
from pipelines.config.load import load_alerts

TRIAL = Alert(
    title="A message on trial",
    broke=("nothing: somebody ran cs-coverage alert",),
    since="now",
    affected="nothing",
    do=("be glad that it arrived",),
)


def try_alerts(config_dir: Path, console: Console | None = None) -> int:
    """Send it to everybody in alerts.yaml. Returns the exit code."""
    console = console or Console(stderr=True)
    try:
        config = load_alerts(config_dir)
        if config is None or not config.reaches_anybody:
            _say(
                console,
                f"Nobody is to be told: write {config_dir / 'alerts.yaml'}; config/alerts.yaml of "
                "the checkout shows how.",
            )
            return BAD_CONFIG
        failures = deliver(TRIAL, config, config_dir)
    except ConfigError as error:
        _say(console, str(error))
        return BAD_CONFIG
    except NotDelivered as error:
        _say(console, f"Nobody was reached. {error}")
        return NOT_PUBLISHED
    for failure in failures:
        _say(console, failure)
    if not failures:
        console.print("Sent to every channel.")
    return NOT_PUBLISHED if failures else 0


def _say(console: Console, message: str) -> None:
    console.print(message, style="red", highlight=False, soft_wrap=True, markup=False)
