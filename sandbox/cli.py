"""The sandbox's command line.

Belongs here: commands, their options and exit codes. Does not: work; each command calls it, and
imports it only when called, so that --help is quick.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

app = typer.Typer(
    name="sandbox",
    help="A made-up software firm: its systems on loopback, its time, its faults, its truth.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

FIRST_DAY = "2026-07-05"
"""The day on which the story of the demo opens."""

_FAILED = 1
_WRONG = 2

FolderArgument = Annotated[Path, typer.Argument(help="The firm's folder.")]
AccountsOption = Annotated[int, typer.Option(help="How many customers it ever had.")]
SeedOption = Annotated[int, typer.Option(help="The same seed makes the same firm.")]
TodayOption = Annotated[str, typer.Option(help="The day to report on, YYYY-MM-DD.")]


@app.command()
def serve(
    folder: FolderArgument,
    accounts: AccountsOption = 1_200,
    seed: SeedOption = 7,
    today: TodayOption = FIRST_DAY,
    port_base: Annotated[
        int, typer.Option(help="First of seven ports to listen on. 0: whichever are free.")
    ] = 0,
) -> None:
    """Serve the firm's systems, and write sources.yaml, sheets and secrets into a folder.

    A folder that a firm has lived in goes on where it was, whatever the options say.
    """
    import signal

    from sandbox.company.settings import Settings
    from sandbox.control import controlled, read_state

    before = read_state(folder)
    if before is not None:
        accounts, seed, today = before.accounts, before.seed, before.today
    settings = Settings(seed=seed, accounts=accounts)
    restarts = before.restarts + 1 if before else 0
    typer.echo(f"making a firm of {accounts:,} customers")
    with controlled(settings, folder, _date(today), restarts=restarts, port_base=port_base) as (
        firm,
        _,
    ):
        typer.echo(
            f"{len(firm.systems)} systems are served; it is the night after {firm.today}. "
            "Elsewhere:\n"
            f"  . {folder}/env && cs-coverage refresh --config {folder}\n"
            f"  python -m sandbox advance 1 {folder}\n"
            "Ctrl-C ends."
        )
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, signal.default_int_handler)
        try:
            signal.pause()
        except KeyboardInterrupt:
            typer.echo("ended; serving the folder again goes on from here")


@app.command()
def advance(
    days: Annotated[int, typer.Argument(min=1, help="How many days go by.")], folder: FolderArgument
) -> None:
    """Let days go by in the firm that is served from a folder."""
    answer = _asked(folder, "advance", days=days)
    typer.echo(f"it is the night after {answer['today']} (CS_COVERAGE_NOW={answer['now']})")


@app.command()
def fault(
    kind: Annotated[
        str,
        typer.Argument(help="429, 5xx, slow, truncated, wrong_type, expired_token or empty."),
    ],
    source: Annotated[str, typer.Argument(help="The system, as in sources.yaml.")],
    stream: Annotated[str, typer.Argument(help="Its stream.")],
    folder: FolderArgument,
    times: Annotated[int, typer.Option(min=1, help="How many requests it hits.")] = 1,
) -> None:
    """Have the next requests for a stream answered wrongly."""
    _asked(folder, "fault", kind=kind, source=source, stream=stream, times=times)
    typer.echo(f"{source}.{stream}: {kind}, {times} times")


@app.command()
def repair(folder: FolderArgument) -> None:
    """Switch all faults off."""
    _asked(folder, "repair")
    typer.echo("all systems answer rightly again")


@app.command()
def truth(
    folder: FolderArgument,
    accounts: AccountsOption = 1_200,
    seed: SeedOption = 7,
    today: TodayOption = FIRST_DAY,
) -> None:
    """Write what is true to FOLDER/truth, for tests; of the firm in the folder, if one is there."""
    from sandbox.company.settings import Settings
    from sandbox.control import read_state
    from sandbox.systems.timeline import night_of
    from sandbox.truth import write_truth

    state = read_state(folder)
    if state is not None:
        accounts, seed, today = state.accounts, state.seed, state.today
    settings = Settings(seed=seed, accounts=accounts)
    write_truth(settings, folder / "truth", night_of(_date(today)))
    typer.echo(f"written to {folder / 'truth'}")


@app.command()
def export(
    folder: FolderArgument,
    accounts: AccountsOption = 1_200,
    seed: SeedOption = 7,
    today: TodayOption = FIRST_DAY,
) -> None:
    """Write the whole firm as canonical files, for a files source; of any size."""
    from sandbox.company.settings import Settings
    from sandbox.export import export as write
    from sandbox.systems.timeline import night_of

    write(Settings(seed=seed, accounts=accounts), folder, night_of(_date(today)))
    typer.echo(f"written to {folder}")


def _asked(folder: Path, path: str, **what: object) -> dict[str, object]:
    from sandbox.control import NotRunning, Refused, ask

    try:
        return ask(folder, path, **what)
    except NotRunning as why:
        _fail(str(why), _FAILED)
    except Refused as why:
        _fail(str(why), _WRONG)


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        _fail(f"--today {text}: write the day as YYYY-MM-DD, for example {FIRST_DAY}.", _WRONG)


def _fail(message: str, code: int) -> NoReturn:
    typer.echo(message, err=True)
    raise typer.Exit(code)
