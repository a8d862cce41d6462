"""The command line.

Belongs here: commands, their options and exit codes. Does not: work; each command calls it, and
imports it only when called, so that --help is quick.
"""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from pipelines.garbage import collect_rarely

app = typer.Typer(
    name="cs-coverage",
    help="Coverage-to-standard for customer success: read CRM and CSP records, compute, publish.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they show local variables, which may be secrets
)
config_app = typer.Typer(help="The configuration's own tools.", no_args_is_help=True)
app.add_typer(config_app, name="config")
explain_app = typer.Typer(help="Why the published tables say what they say.", no_args_is_help=True)
app.add_typer(explain_app, name="explain")

# Exit codes, for whoever runs this from a script.
NOT_PUBLISHED = 1  # yesterday's tables stay
BAD_CONFIG = 2  # nothing was tried
DEGRADED = 3  # published, but a stream or PostgreSQL keeps older data
BUSY = 4  # someone else is writing

HomeOption = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of runtime files. Default: $CS_COVERAGE_HOME or ./home."),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        help="Folder of sources.yaml. Default: $CS_COVERAGE_CONFIG, <home>/config, ./config.",
    ),
]


def main() -> None:
    """Entry point of `cs-coverage`."""
    collect_rarely()
    app()


@app.command()
def refresh(
    home: HomeOption = None,
    config: ConfigOption = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="The day to report on, YYYY-MM-DD. Default: yesterday."),
    ] = None,
    accept_short_read: Annotated[
        list[str] | None,
        typer.Option(
            "--accept-short-read",
            help="source.stream that may shrink this once, because its records are really gone.",
        ),
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while another refresh runs.")] = False,
) -> None:
    """Read every source, compute every table, check, publish."""
    from pipelines.home import resolve_config_dir, resolve_home
    from pipelines.refresh import refresh as run_refresh

    place = resolve_home(home)
    raise typer.Exit(
        run_refresh(
            place,
            resolve_config_dir(place, config),
            as_of=_date(as_of),
            accept_short_read=accept_short_read or [],
            wait=wait,
        )
    )


@app.command()
def rebuild(
    home: HomeOption = None,
    config: ConfigOption = None,
    as_of: Annotated[
        str | None,
        typer.Option("--as-of", help="The day to report on. Default: that of the latest run."),
    ] = None,
) -> None:
    """Make the warehouse anew from landing, asking no source, and publish from it."""
    from pipelines.home import resolve_config_dir, resolve_home
    from pipelines.refresh import rebuild as run_rebuild

    place = resolve_home(home)
    raise typer.Exit(run_rebuild(place, resolve_config_dir(place, config), as_of=_date(as_of)))


@app.command()
def backfill(
    first: Annotated[
        str | None,
        typer.Argument(metavar="FROM", help="A past day. Default: list those there are."),
    ] = None,
    last: Annotated[
        str | None, typer.Argument(metavar="TO", help="The last day. Default: FROM alone.")
    ] = None,
    home: HomeOption = None,
    config: ConfigOption = None,
    forget: Annotated[bool, typer.Option("--forget", help="Delete these days instead.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait while a refresh runs.")] = False,
) -> None:
    """Compute the tables as of past days, each in a file of its own; asks no source."""
    from pipelines import backfill as past
    from pipelines.home import resolve_config_dir, resolve_home

    place = resolve_home(home)
    start = _date(first, "FROM")
    if start is None:
        raise typer.Exit(past.list_days(place))
    end = _date(last, "TO") or start
    if forget:
        raise typer.Exit(past.forget(place, start, end))
    raise typer.Exit(past.backfill(place, resolve_config_dir(place, config), start, end, wait=wait))


@app.command()
def check(home: HomeOption = None, config: ConfigOption = None) -> None:
    """Say whether the configuration is sound and what each source would be read for."""
    from pipelines.check import check as run_check
    from pipelines.home import resolve_config_dir, resolve_home

    place = resolve_home(home)
    raise typer.Exit(run_check(resolve_config_dir(place, config)))


@app.command()
def plan(
    proposed: Annotated[Path, typer.Argument(help="The proposed coverage model, a YAML file.")],
    home: HomeOption = None,
    config: ConfigOption = None,
    effective_from: Annotated[
        str | None,
        typer.Option(
            "--from", help="The day from which it would hold. Default: the file's name, or today."
        ),
    ] = None,
) -> None:
    """Say what a proposed coverage model would change; changes nothing."""
    from pipelines.home import resolve_config_dir, resolve_home
    from pipelines.plan import plan as run_plan

    place = resolve_home(home)
    raise typer.Exit(
        run_plan(
            place,
            resolve_config_dir(place, config),
            proposed,
            effective_from=_date(effective_from, "--from"),
        )
    )


@app.command()
def case(
    home: HomeOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="A file to write, .md or .csv. Default: print it."),
    ] = None,
) -> None:
    """Say on one page whether people are missing, or tools."""
    from pipelines.case import case as tell_case
    from pipelines.home import resolve_home

    raise typer.Exit(tell_case(resolve_home(home), out))


@app.command("write-back")
def write_back(
    sources: Annotated[
        list[str] | None, typer.Argument(help="Sources to write to. Default: all.")
    ] = None,
    home: HomeOption = None,
    config: ConfigOption = None,
    apply: Annotated[
        bool, typer.Option("--apply", help="Write. Without it, only say what would be written.")
    ] = False,
    accept: Annotated[
        bool,
        typer.Option(
            "--accept", help="The first time, or more changes than max_changes, is meant so."
        ),
    ] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Try what the source refused before once more.")
    ] = False,
) -> None:
    """Say what write_back.yaml would have written into CRM and CSP; with --apply, write it."""
    from pipelines.home import resolve_config_dir, resolve_home
    from pipelines.write_back.command import run_write_back

    place = resolve_home(home)
    raise typer.Exit(
        run_write_back(
            place,
            resolve_config_dir(place, config),
            sources or [],
            apply=apply,
            accept=accept,
            again=again,
        )
    )


@app.command()
def publish(home: HomeOption = None, config: ConfigOption = None) -> None:
    """Send the published tables to the PostgreSQL of publish.yaml, without a refresh."""
    from pipelines.home import resolve_config_dir, resolve_home
    from pipelines.publish_again import publish_again

    place = resolve_home(home)
    raise typer.Exit(publish_again(place, resolve_config_dir(place, config)))


@app.command()
def report(
    home: HomeOption = None,
    is_opened: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
) -> None:
    """Write the report anew, one HTML file, from what is published; every night does so."""
    from pipelines.home import resolve_home
    from pipelines.report.command import report as write_report

    raise typer.Exit(write_report(resolve_home(home), is_opened=is_opened))


@app.command()
def alert(home: HomeOption = None, config: ConfigOption = None) -> None:
    """Send a message on trial to everybody whom alerts.yaml names."""
    from pipelines.alerts.trial import try_alerts
    from pipelines.home import resolve_config_dir, resolve_home

    place = resolve_home(home)
    raise typer.Exit(try_alerts(resolve_config_dir(place, config)))


PortOption = Annotated[int, typer.Option("--port", help="Port of the web page.")]
HostOption = Annotated[str, typer.Option("--host", help="Address to listen on.")]


@app.command()
def dev(
    home: HomeOption = None,
    config: ConfigOption = None,
    port: PortOption = 3000,
    host: HostOption = "127.0.0.1",
) -> None:
    """Open Dagster on this home: the graph, its runs, its schedule; page and daemon together."""
    from pipelines.dev import develop
    from pipelines.home import resolve_config_dir, resolve_home

    place = resolve_home(home)
    develop(place, resolve_config_dir(place, config), host, port)


@app.command()
def web(
    home: HomeOption = None,
    config: ConfigOption = None,
    port: PortOption = 3000,
    host: HostOption = "127.0.0.1",
) -> None:
    """Serve Dagster's page, as a service of its own."""
    from pipelines.dev import serve_page
    from pipelines.home import resolve_config_dir, resolve_home

    place = resolve_home(home)
    serve_page(place, resolve_config_dir(place, config), host, port)


@app.command()
def daemon(home: HomeOption = None, config: ConfigOption = None) -> None:
    """Run Dagster's daemon, as a service of its own: the schedule, the queue, who is told."""
    from pipelines.dev import run_daemon
    from pipelines.home import resolve_config_dir, resolve_home

    place = resolve_home(home)
    run_daemon(place, resolve_config_dir(place, config))


AccountArgument = Annotated[str, typer.Argument(help="The account's id or name.")]


@explain_app.command("tier")
def explain_tier(account: AccountArgument, home: HomeOption = None) -> None:
    """Say which tiers an account was in, from when to when, and why."""
    from pipelines.explain import explain_tier as explain
    from pipelines.home import resolve_home

    raise typer.Exit(explain(resolve_home(home), account))


@explain_app.command("coverage")
def explain_coverage(
    account: AccountArgument,
    home: HomeOption = None,
    period: Annotated[
        str | None,
        typer.Option(help="2026-05 or 2026-Q2. Default: the newest quarter that can be judged."),
    ] = None,
) -> None:
    """Say what an account was owed, what settled it, and why the rest was not met."""
    from pipelines.explain import explain_coverage as explain
    from pipelines.home import resolve_home

    raise typer.Exit(explain(resolve_home(home), account, period))


@explain_app.command("score")
def explain_score(account: AccountArgument, home: HomeOption = None) -> None:
    """Say what an account's health score is made of, and what moved it."""
    from pipelines.explain import explain_score as explain
    from pipelines.home import resolve_home

    raise typer.Exit(explain(resolve_home(home), account))


@config_app.command("schema")
def config_schema(
    folder: Annotated[
        Path | None, typer.Argument(help="Where to write. Default: config/schema.")
    ] = None,
) -> None:
    """Write the JSON Schemas that give editors completion in sources.yaml and models/."""
    from pipelines.config.schema import write_schemas
    from pipelines.home import CHECKOUT

    target = folder or CHECKOUT / "config" / "schema"
    write_schemas(target)
    typer.echo(f"written to {target}")


def _date(text: str | None, option: str = "--as-of") -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        fail(f"{option} {text}: write the day as YYYY-MM-DD, for example 2026-06-30.", BAD_CONFIG)


def fail(message: str, code: int) -> NoReturn:
    """Say what is wrong on standard error and end."""
    print(message, file=sys.stderr)
    raise typer.Exit(code)
