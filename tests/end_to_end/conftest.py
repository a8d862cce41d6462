"""Homes that several tests start from, each made once.

Belongs here: nights that went well. Does not: what a single test does to them.
"""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
from company import Company, let_a_day_pass, write_company
from product import FIRST_NIGHT, SECOND_NIGHT, Outcome, cs_coverage

CHECKOUT = Path(__file__).resolve().parents[2]
DEMO_CONFIG = CHECKOUT / "examples" / "spreadsheets" / "config"


@dataclass(frozen=True)
class Night:
    """A company after a refresh, what that said, and how long it took."""

    company: Company
    outcome: Outcome
    seconds: float


@pytest.fixture(scope="session")
def parsed_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with dbt's manifest in it and nothing else: parsing takes longer than a night."""
    from pipelines.definitions import build_defs
    from pipelines.home import Home

    home = Home(tmp_path_factory.mktemp("parsed") / "home")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("CS_COVERAGE_WAREHOUSE", str(home.warehouse))
        build_defs(home, DEMO_CONFIG)
    return home.root


@pytest.fixture(scope="session")
def demo(parsed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """What `make example` makes."""
    company = Company(tmp_path_factory.mktemp("demo"))
    shutil.copytree(parsed_home, company.home)
    return refreshed(company, "--as-of", "2026-06-30", config=DEMO_CONFIG, now=None)


@pytest.fixture(scope="session")
def first_night(parsed_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The made-up company, refreshed for the first time."""
    company = write_company(tmp_path_factory.mktemp("first") / "company")
    shutil.copytree(parsed_home, company.home)
    return refreshed(company, now=FIRST_NIGHT)


@pytest.fixture(scope="session")
def second_night(first_night: Night, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """The same company a day later, with what changed in between."""
    company = first_night.company.copy(tmp_path_factory.mktemp("second") / "company")
    let_a_day_pass(company)
    return refreshed(company, now=SECOND_NIGHT)


def refreshed(
    company: Company, *options: str, now: str | None, config: Path | None = None
) -> Night:
    """Refresh, which must go well."""
    start = time.monotonic()
    outcome = cs_coverage(
        *("refresh", "--home", company.home, "--config", config or company.config),
        *options,
        now=now,
    )
    assert outcome.exit_code == 0, outcome.err
    return Night(company, outcome, time.monotonic() - start)
