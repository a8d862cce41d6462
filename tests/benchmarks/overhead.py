"""`make bench`: what a night costs on which nothing is new, step by step, beside its bare SQL.

Belongs here: a small firm, on which nearly all is overhead. Does not: what a night costs that has
work to do (nightly), or asserting a time: machines differ, so the build is shown as a ratio to
DuckDB alone running the same statements in the same minute.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from bare import bare_sql
from firm import FIRST_NIGHT, write_firm
from measuring import markdown, this_machine
from steps import BUILD, STEPS, Night, refresh_apart

from pipelines.home import Home


def main() -> None:
    """A first night, then the same again some times; the cheapest of these is told."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, default=100)
    parser.add_argument("--nights", type=int, default=2)
    given = parser.parse_args()
    with TemporaryDirectory() as folder:
        root = Path(folder)
        records = write_firm(root, given.accounts)
        home, config = Home(root / "home"), root / "config"
        refresh_apart(home, config, FIRST_NIGHT)
        nights = [
            refresh_apart(home, config, FIRST_NIGHT, root / "before") for _ in range(given.nights)
        ]
        least = bare_sql(home, root / "before" / home.warehouse.name)
    night = min(nights, key=lambda night: night.processor_seconds)
    title = f"{given.accounts:,} accounts, {records:,} records, nothing new"
    print(markdown(title, ("step", "processor seconds"), _rows(night)))
    print(
        f"The same {len(least.by_statement)} statements by DuckDB alone: "
        f"{least.processor_seconds:.1f} processor seconds; dbt's build takes "
        f"{night.steps[BUILD] / least.processor_seconds:.1f} times that. {night.events:,} "
        f"events. On the clock {night.until_published:.0f} s until published, "
        f"{night.until_the_end:.0f} s in all.\n"
    )
    print(this_machine())


def _rows(night: Night) -> list[tuple[str, str]]:
    rows = [(name, f"{night.steps[name]:.1f}") for name in STEPS]
    return [*rows, ("**all**", f"**{night.processor_seconds:.1f}**")]


if __name__ == "__main__":
    main()
