"""Business calendars: which names they go by, and which weekdays are holidays.

Belongs here: schema meta's holiday and business_calendar. Does not: counting business days, or
which calendar an account has (dbt).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

import duckdb

from connectors import registry
from pipelines.config.coverage_model import CoverageModel
from pipelines.warehouse.connection import identifier, transaction
from pipelines.warehouse.record_views import RecordSource, has_versions, relations_of

FIRST_YEAR = 2015
"""Days before it have no holidays but weekends."""

YEARS_AHEAD = 3
"""Due dates of open obligations lie after as_of."""

Calendars = Mapping[str, Sequence[date]]
_FIELD = "accounts.business_calendar"


def write_holidays(
    con: duckdb.DuckDBPyConnection,
    as_of: date,
    models: Sequence[CoverageModel],
    record_sources: Sequence[RecordSource] = (),
) -> None:
    """Replace `meta.holiday` and `meta.business_calendar`, unless they would be the same.

    Every country is there, of their subdivisions (`US-CA`) those that accounts name, and the
    calendars that coverage models write: in the days of a model that names a calendar, its list
    is all that counts. Needs schema `input` to be prepared.
    """
    years = range(FIRST_YEAR, as_of.year + YEARS_AHEAD + 1)
    asked_for = sorted(set(_calendars_named(con, record_sources)))
    made_from = _fingerprint(years, asked_for, models)
    if con.execute("from meta.calendars_made_from").fetchall() == [(made_from,)]:
        return
    named = _subdivisions(asked_for)
    library = {**_countries(years), **{name: _holidays_of(name, years) for name in named}}
    rows = sorted(
        (calendar, day.isoformat())
        for calendar, days in with_own_calendars(library, models).items()
        for day in days
        if day.weekday() < 5
    )
    own = {name for model in models for name in model.calendar.holidays}
    names = {**_names_of_countries(), **{name.lower(): name for name in (*named, *sorted(own))}}
    with transaction(con):
        for table in ("holiday", "business_calendar", "calendars_made_from"):
            con.execute(f"delete from meta.{table}")
        _insert_pairs(con, "holiday", rows)
        _insert_pairs(con, "business_calendar", sorted(names.items()))
        con.execute("insert into meta.calendars_made_from values (?)", [made_from])


def _fingerprint(years: range, named: Sequence[str], models: Sequence[CoverageModel]) -> str:
    """Of all that the calendars follow from: this module and the library, and what they are given.

    A year of every country takes the library longer than a small night's whole reading.
    """
    own = [(str(model.effective_from), model.calendar.holidays) for model in models]
    made_by = (Path(__file__).read_text(), version("holidays"))
    given = json.dumps([made_by, years.start, years.stop, named, own], sort_keys=True)
    return hashlib.sha256(given.encode()).hexdigest()


def with_own_calendars(
    library: Calendars, models: Sequence[CoverageModel]
) -> dict[str, list[date]]:
    """The library's calendars; where coverage models write one, their lists in place of it.

    Each model's list counts on the days on which the model holds; before the first model's date
    that is the first model.
    """
    ordered = sorted(models, key=lambda model: model.effective_from)
    begins = [date.min, *(model.effective_from for model in ordered[1:])]
    calendars = {name: list(days) for name, days in library.items()}
    for name in {name for model in ordered for name in model.calendar.holidays}:
        calendars[name] = [
            day
            for model, first, end in zip(ordered, begins, [*begins[1:], date.max], strict=True)
            for day in _listed(model, name, library)
            if first <= day < end
        ]
    return calendars


def _listed(model: CoverageModel, name: str, library: Calendars) -> Iterable[date]:
    listed = model.calendar.holidays.get(name)
    if listed is None:
        return library.get(name, ())
    return sorted({date.fromisoformat(day) for day in listed})


def _insert_pairs(
    con: duckdb.DuckDBPyConnection, table: str, pairs: Sequence[tuple[str, str]]
) -> None:
    columns = [list(column) for column in zip(*pairs, strict=True)]
    con.execute(f"insert into meta.{identifier(table)} select unnest(?), unnest(?)", columns)


def _calendars_named(
    con: duckdb.DuckDBPyConnection, record_sources: Sequence[RecordSource]
) -> Iterator[str]:
    """The business calendars that accounts name: as files have them, or as fields are mapped."""
    relations = {("files__accounts", "business_calendar")}
    # Asked of the streams alone that tell of accounts: the largest tell of activities.
    relations |= {
        (relation, f"overrides['{_FIELD}']")
        for source in record_sources
        if _FIELD in source.fields
        for stream in registry.kind(source.kind).streams
        if has_versions(stream)
        for relation in relations_of(source.kind, stream)
    }
    for relation, column in sorted(relations):
        values = con.execute(f"select distinct {column} from input.{identifier(relation)}")
        yield from (value for (value,) in values.fetchall() if value)


def _subdivisions(names: Iterable[str]) -> list[str]:
    """Those of the names that are subdivisions of a country, like US-CA, as the library has it."""
    import holidays

    known = {
        f"{country}-{subdivision}".lower(): f"{country}-{subdivision}"
        for country, subdivisions in holidays.list_supported_countries(
            include_aliases=False
        ).items()
        for subdivision in subdivisions
    }
    return sorted({known[name.lower()] for name in names if name.lower() in known})


def _holidays_of(calendar: str, years: range) -> list[date]:
    import holidays

    country, _, subdivision = calendar.partition("-")
    return sorted(holidays.country_holidays(country, subdiv=subdivision or None, years=years))


@cache
def _countries(years: range) -> dict[str, list[date]]:
    import holidays

    supported = holidays.list_supported_countries(include_aliases=False)
    return {country: _holidays_of(country, years) for country in supported}


@cache
def _names_of_countries() -> dict[str, str]:
    """ISO codes of two and three letters, and English names, in lower case."""
    import holidays
    from holidays.registry import COUNTRIES

    supported = holidays.list_supported_countries(include_aliases=False)
    return {
        name.lower(): code
        for module, (_, code, *others) in COUNTRIES.items()
        for name in (module.replace("_", " "), code, *others)
        if code in supported
    }
