"""`make demo`: a made-up firm on six systems, a first refresh, more nights, and what came out.

Belongs here: the order of events, and a line on each night. Does not: the firm (company, systems),
the product, or what its tables show (demo_tables).
"""

from __future__ import annotations

import os
import shutil
import time
from datetime import date
from pathlib import Path
from typing import Annotated

import duckdb
import typer
from rich.console import Console

FIRST_DAY = date(2026, 7, 5)
"""The day on which the story of the demo opens."""

_MARK = "made-by-the-demo"


def main(
    home: Annotated[Path, typer.Option(help="Folder that the demo makes anew.")],
    accounts: Annotated[int, typer.Option(help="How many customers the firm ever had.")] = 200,
    nights: Annotated[int, typer.Option(min=0, help="How many nights follow the first.")] = 10,
    seed: Annotated[int, typer.Option(help="The same seed makes the same firm.")] = 7,
) -> None:
    """Run a made-up firm's systems, read them night after night, show what came out."""
    console = Console()
    if not _cleared(home):
        console.print(
            f"{home} holds something that the demo did not make: remove it, or name another "
            "folder (make demo DEMO_HOME=...).",
            style="red",
        )
        raise typer.Exit(2)
    raise typer.Exit(_demo(console, home, accounts, nights, seed))


def _cleared(home: Path) -> bool:
    """Make room for a new demo where an old one or nothing is."""
    if home.exists() and any(home.iterdir()):
        if not (home / _MARK).exists():
            return False
        shutil.rmtree(home)
    home.mkdir(parents=True, exist_ok=True)
    (home / _MARK).touch()
    return True


def _demo(console: Console, root: Path, accounts: int, nights: int, seed: int) -> int:
    from pipelines.clock import NOW_VARIABLE
    from pipelines.home import resolve_home
    from pipelines.refresh import refresh
    from sandbox.company.settings import Settings
    from sandbox.demo_tables import print_results
    from sandbox.systems.timeline import running

    started = time.monotonic()
    home = resolve_home(root)
    config = home.root / "config"
    console.print(f"making a firm of {accounts:,} customers, and the systems it runs on")
    with running(Settings(seed=seed, accounts=accounts), config, FIRST_DAY) as firm:
        names = ", ".join(firm.systems)
        console.print(f"serving {names} on loopback; sheets are in {config}\n", highlight=False)
        os.environ |= firm.secrets
        for night in range(nights + 1):
            if night:
                firm.advance(days=1)
            os.environ[NOW_VARIABLE] = firm.now.isoformat()
            begun = time.monotonic()
            code = refresh(home, config, as_of=firm.today, quietly=night > 0)
            if code:
                console.print(f"the night after {firm.today} ended with {code}", style="red")
                return code
            if night == 0:
                console.print("\nAnd now time passes:" if nights else "")
            console.print(
                _line(home.serving_database, firm.today, time.monotonic() - begun), highlight=False
            )
    console.print(f"\n{nights + 1} nights in {time.monotonic() - started:.0f} seconds\n")
    print_results(console, home)
    return 0


def _line(published: Path, day: date, seconds: float) -> str:
    """What the night that reports on a day found, and how long it took."""
    with duckdb.connect(str(published), read_only=True) as con:
        [(new, changed, deleted)] = con.execute(
            "select records_new, records_changed, records_deleted from coverage.ops_run "
            "order by started_at desc limit 1"
        ).fetchall()
    return (
        f"{day:%a %d %b %Y}  {new:>7,} new  {changed:>6,} changed  {deleted:>4,} gone  "
        f"{seconds:>4.0f} s"
    )


if __name__ == "__main__":
    typer.run(main)
