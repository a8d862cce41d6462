"""`make bench`: whole nights of a firm on six systems, from the start of the process to publishing.

Belongs here: the sandbox's firm read over HTTP, what changed each night, what it cost, and how much
of that is neither reading, nor SQL, nor publishing. Does not: asserting a time.
"""

from __future__ import annotations

import argparse
import os
import shutil
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from bare import Bare, bare_sql, dearest
from measuring import markdown, this_machine
from steps import OTHERS, PUBLISHED, READ, REPORT, STEPS, Night, refresh_apart

from pipelines.clock import NOW_VARIABLE
from pipelines.home import Home
from sandbox.company.settings import Settings
from sandbox.demo import FIRST_DAY
from sandbox.systems.timeline import running

HEADER = (
    *("night", "records", "new, changed or gone", "until published, s", "reading, s"),
    *("building, s", "SQL alone, s", "overhead, processor s", "the six systems, processor s"),
    "peak MiB",
)


def main() -> None:
    """A first night and some more of a firm, whose systems are served by this process."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--nights", type=int, default=2, help="that follow the first")
    parser.add_argument("--seed", type=int, default=7)
    given = parser.parse_args()
    rows = []
    last: tuple[Night, Bare] | None = None
    with TemporaryDirectory() as folder:
        root = Path(folder)
        home, config = Home(root / "home"), root / "config"
        with running(Settings(seed=given.seed, accounts=given.accounts), config, FIRST_DAY) as firm:
            os.environ |= firm.secrets
            for number in range(given.nights + 1):
                if number:
                    firm.advance(days=1)
                os.environ[NOW_VARIABLE] = firm.now.isoformat()
                served = time.process_time()
                night = refresh_apart(home, config, firm.today, root / "before")
                served = time.process_time() - served  # the systems are in this process
                least = bare_sql(home, root / "before" / home.warehouse.name)
                shutil.rmtree(root / "before")
                rows.append(_row(f"{firm.today}", home, night, least, served))
                print(markdown("so far", HEADER, rows[-1:]), flush=True)
                last = night, least
    title = f"{given.accounts:,} accounts on six systems"
    print(markdown(title, HEADER, rows))
    assert last is not None
    print(markdown("The last night", ("step", "processor seconds"), _steps(*last)))
    print(markdown("Its dearest statements", ("model", "processor seconds"), dearest(last[1])))
    print(this_machine())


def overhead(night: Night, least: Bare) -> float:
    """Processor seconds that went into neither reading, nor the SQL itself, nor publishing."""
    work = sum(night.steps[step] for step in (READ, OTHERS, PUBLISHED, REPORT))
    return night.processor_seconds - work - least.processor_seconds


def _row(name: str, home: Home, night: Night, least: Bare, served: float) -> tuple[str, ...]:
    records, changed = _records(home)
    return (
        name,
        *(f"{records:,}", f"{changed:,} ({changed / records:.1%})"),
        *(f"{night.until_published:.1f}", f"{night.reading:.1f}", f"{night.building:.1f}"),
        *(f"{least.seconds:.1f}", f"{overhead(night, least):.1f}", f"{served:.1f}"),
        f"{night.peak_mib:,.0f}",
    )


def _records(home: Home) -> tuple[int, int]:
    """All that the sources hold, and how many of them the last night found to be different."""
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        [(records,)] = con.execute("select sum(records) from meta.stream_state").fetchall()
        [(changed,)] = con.execute(
            "select records_new + records_changed + records_deleted from meta.run "
            "order by started_at desc limit 1"
        ).fetchall()
    return int(records), int(changed)


def _steps(night: Night, least: Bare) -> list[tuple[str, str]]:
    rows = [(name, f"{night.steps[name]:.1f}") for name in STEPS]
    return [
        *rows,
        ("**all**", f"**{night.processor_seconds:.1f}**"),
        ("the same SQL by DuckDB alone", f"{least.processor_seconds:.1f}"),
        ("overhead", f"{overhead(night, least):.1f}"),
    ]


if __name__ == "__main__":
    main()
