"""Health kept from night to night: after any sequence of nights, that of a build from nothing.

Belongs here: nights on which facts come late, change, vanish and come back, on which the day goes
back, the configuration changes, before which somebody drops a table, or which end in the middle.
Does not: what any score should be (test_health_properties).
"""

from __future__ import annotations

import hashlib
import shutil
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from coverage_books import Dice
from coverage_warehouse import Step, Warehouse, steps
from health_books import health_book
from health_given import GIVEN_TO_HEALTH, health_rows
from oracle.ledger_facts import Book

from pipelines.dbt_run import Dbt
from pipelines.home import Home

TARGETS = (
    "int_health_remembered",
    "fct_health_measure_daily",
    "fct_health_daily",
    "fct_health_change",
)
OF_THE_NIGHT_ALONE = {"int_health_standing", "int_health_due", "int_health_measure_due"}
"""Tables that say what a night did, which depends on the night before."""

COMPARED = (
    "select schema_name || '.' || table_name from duckdb_tables() "
    "where database_name = 'kept' and schema_name in ('core', 'coverage') order by all"
)
NIGHTS = 6
SEEDS = (900, 901, 902)


@pytest.fixture(scope="module")
def dbt(tmp_path_factory: pytest.TempPathFactory) -> Dbt:
    """The project, parsed, on a home without a warehouse."""
    home = Home(tmp_path_factory.mktemp("health_kept"))
    home.dbt_target.mkdir(parents=True)
    parsed = Dbt(home, ["files"])
    parsed.parse()
    return parsed


@pytest.fixture(scope="module")
def chain(compiled: Mapping[str, Any]) -> list[Step]:
    return steps(compiled, *TARGETS, given=GIVEN_TO_HEALTH)


@pytest.fixture(scope="module")
def kept(compiled: Mapping[str, Any]) -> list[str]:
    """The tables that are kept from night to night."""
    nodes = compiled["nodes"].values()
    return sorted(
        f"{node['schema']}.{node['name']}"
        for node in nodes
        if node["config"].get("materialized") == "kept"
    )


@pytest.fixture(scope="module")
def seen(dbt: Dbt, chain: list[Step], kept: list[str]) -> Counter[str]:
    """What happened in some sequences of nights, each of which was compared."""
    return sum((_nights(dbt, chain, kept, seed) for seed in SEEDS), Counter[str]())


def test_after_any_nights_health_is_that_of_a_build_from_nothing(seen: Counter[str]) -> None:
    assert seen["compared"] > NIGHTS


def test_most_of_it_is_not_computed_again(seen: Counter[str]) -> None:
    assert 0 < seen["due"] < seen["wanted"] / 2


def test_the_nights_hold_every_case(seen: Counter[str]) -> None:
    """What never happens on them is not tested by them."""
    cases = ("standing", "died", "back", "again", "skipped", "recipe", "held", "removed", "dropped")
    assert [case for case in cases if not seen[case]] == []


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(910, 922))
def test_many_more_sequences_of_nights(
    dbt: Dbt, chain: list[Step], kept: list[str], seed: int
) -> None:
    assert _nights(dbt, chain, kept, seed)["compared"] > 0


def _nights(dbt: Dbt, chain: list[Step], kept: list[str], seed: int) -> Counter[str]:
    """Compare each night that came to its end; what happened on all of them."""
    home = dbt.home
    home.warehouse.unlink(missing_ok=True)
    seen: Counter[str] = Counter()
    dice, of_tables = Dice(seed), Dice(seed)
    models = [step.name for step in chain if step.sql is not None]
    for book, dies in _books(dice, seed, seen):
        if home.warehouse.exists() and of_tables.happens(0.2):
            seen["dropped"] += _dropped(home.warehouse, of_tables.choice(kept))
        _give(home.warehouse, chain, book)
        made = models[: dice.randint(1, len(models) - 1)] if dies else models
        dbt.run(["--quiet", "--no-write-json", "run", "--select", *made])
        if not dies:
            _note(home.warehouse, seen)
            assert _differing(dbt, models) == []
            seen["compared"] += 1
    return seen


def _books(dice: Dice, seed: int, seen: Counter[str]) -> Iterator[tuple[Book, bool]]:
    """What is known each night, and whether the night dies."""
    whole = health_book(seed, accounts=40)
    hidden: set[Any] = set()
    book = replace(whole, as_of=whole.as_of - timedelta(days=12))
    for night in range(NIGHTS):
        facts = [
            *(whole.usage or ()),
            *(whole.activities or ()),
            *(whole.tickets or ()),
            *(whole.plans or ()),
            *whole.assessments,
            *(whole.contracts or ()),
        ]
        share = dice.choice((0, 0, 3, 20)) if night else 30
        for fact in dice.sample(facts, min(share, len(facts))):
            hidden ^= {fact}
        if dice.happens(0.3):
            hidden ^= {dice.choice(whole.accounts)}
        gone = {account.account_id for account in whole.accounts if account in hidden}
        if dice.happens(0.3) and whole.usage:
            changed = dice.choice(whole.usage)
            others = tuple(use for use in whole.usage if use != changed)
            whole = replace(whole, usage=(*others, replace(changed, value=changed.value + 1)))
        if night and dice.happens(0.15) and len(whole.models) > 1:
            whole = replace(whole, models=whole.models[1:])
            seen["recipe"] += 1
        days = dice.choice((1, 1, 1, 1, 0, 4, -2)) if night else 0
        seen[
            "back" if days < 0 else "again" if not days else "skipped" if days > 1 else "next"
        ] += 1
        book = _without(replace(whole, as_of=book.as_of + timedelta(days=days)), hidden, gone)
        dies = night > 0 and dice.happens(0.2)
        seen["died"] += dies
        yield book, dies


def _without(book: Book, hidden: set[Any], gone: set[str]) -> Book:
    """The book as it is known: without what is hidden, and all that is of accounts that are."""

    def known(facts: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        if facts is None:
            return None
        return tuple(f for f in facts if f not in hidden and f.account_id not in gone)

    return replace(
        book,
        accounts=known(book.accounts) or (),
        contracts=known(book.contracts),
        activities=known(book.activities),
        contacts=known(book.contacts) or (),
        plans=known(book.plans),
        tickets=known(book.tickets),
        assessments=known(book.assessments) or (),
        usage=known(book.usage),
    )


def _give(warehouse: Path, chain: list[Step], book: Book) -> None:
    """Fill what health is computed from, as a night does before dbt."""
    given = Warehouse([s for s in chain if s.sql is None], health_rows, file=warehouse)
    given.run(book)
    recipe = hashlib.sha256(repr(book.models).encode()).hexdigest()
    given.con.execute("delete from meta.recipe")
    given.con.execute("insert into meta.recipe values (?)", [recipe])
    given.con.close()


def _dropped(warehouse: Path, table: str) -> bool:
    """Drop a table; whether what earlier nights computed stood until then."""
    with duckdb.connect(str(warehouse)) as con:
        [(stood,)] = con.execute("select count(*) from meta.health_night").fetchall()
        con.execute(f"drop table if exists {table}")
    return bool(stood)


def _note(warehouse: Path, seen: Counter[str]) -> None:
    with duckdb.connect(str(warehouse), read_only=True) as con:
        for name, sql in {
            "standing": "select count(*) from core.int_health_standing where is_standing",
            "due": "select count(*) from core.int_health_due cross join core.int_health_standing "
            "where is_standing",
            "wanted": "select count(*) from core.int_health_wanted_day "
            "cross join core.int_health_standing where is_standing",
            "removed": "select count(*) from core.int_health_due where not is_wanted",
            "held": "select count(*) from core.int_health_hold "
            "cross join core.int_health_standing where is_standing",
        }.items():
            seen[name] += con.execute(sql).fetchall()[0][0]


def _differing(dbt: Dbt, models: list[str]) -> list[str]:
    """The tables that are not what a build from nothing makes of the same."""
    fresh = Dbt(Home(dbt.home.root / "fresh"), dbt.kinds)
    shutil.copytree(dbt.home.dbt_target, fresh.home.dbt_target, dirs_exist_ok=True)
    shutil.copy(dbt.home.warehouse, fresh.home.warehouse)
    with duckdb.connect(str(fresh.home.warehouse)) as con:
        for table in ("health_night", "health_basis", "health_hold"):
            con.execute(f"delete from meta.{table}")
    fresh.run(["--quiet", "--no-write-json", "run", "--select", *models])
    with duckdb.connect() as con:
        con.execute(f"attach '{dbt.home.warehouse}' as kept (read_only)")
        con.execute(f"attach '{fresh.home.warehouse}' as fresh (read_only)")
        tables = [name for (name,) in con.execute(COMPARED).fetchall()]
        compared = [name for name in tables if name.split(".")[1] not in OF_THE_NIGHT_ALONE]
        assert len(compared) > 15
        return [
            name
            for name in compared
            if con.execute(
                f"(from kept.{name} except all from fresh.{name}) union all "
                f"(from fresh.{name} except all from kept.{name}) limit 1"
            ).fetchall()
        ]
