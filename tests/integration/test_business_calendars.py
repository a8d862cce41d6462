"""Models and business calendars as a night hands them to SQL, from real files and the library."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date

import pytest

from pipelines import canonical
from pipelines.config import CHECKOUT_CONFIG, CoverageModel
from pipelines.config.yaml_document import read_document
from pipelines.home import Home
from pipelines.warehouse import holidays as holidays_module
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.coverage_models import write_coverage_models
from pipelines.warehouse.holidays import with_own_calendars, write_holidays
from pipelines.warehouse.input_views import prepare_inputs
from tests.oracle.calendar import add_business_days
from tests.support import Folder, prepare, query

AS_OF = date(2026, 6, 30)


def model(
    effective_from: str, holidays: Mapping[str, Sequence[str]] | None = None
) -> CoverageModel:
    """The shipped model from another day on, with calendars of its own."""
    (path,) = (CHECKOUT_CONFIG / "models").glob("*.yaml")
    data = read_document(path).data
    data["calendar"]["holidays"] = {name: list(days) for name, days in (holidays or {}).items()}
    return CoverageModel.read(data, date.fromisoformat(effective_from))


def calendars(home: Home, *models: CoverageModel) -> None:
    """Write the calendars of a night without sources."""
    with warehouse(home.warehouse) as con:
        prepare_inputs(con, canonical.entities(), [])
        write_holidays(con, AS_OF, models or [model("2024-01-01")])


def holidays(home: Home, calendar: str) -> set[date]:
    """The weekdays on which a calendar has no business day."""
    return {
        day for (day,) in query(home, "select day from meta.holiday where calendar = ?", calendar)
    }


def called(home: Home, name: str) -> list[str]:
    """The calendars that accounts may call so."""
    sql = "select calendar from meta.business_calendar where name = ?"
    return [calendar for (calendar,) in query(home, sql, name)]


@pytest.mark.parametrize(
    ("calendar", "closes"),
    [("US", date(2026, 5, 7)), ("GB", date(2026, 5, 8))],
)
def test_what_is_due_on_30_april_closes_a_day_later_where_4_may_is_a_holiday(
    home: Home, calendar: str, closes: date
) -> None:
    calendars(home)

    assert add_business_days(date(2026, 4, 30), 5, holidays(home, calendar)) == closes


def test_calendars_reach_from_2015_to_three_years_ahead(home: Home) -> None:
    calendars(home)

    assert {day.year for day in holidays(home, "US")} == set(range(2015, 2030))


@pytest.mark.parametrize("name", ["gb", "gbr", "uk", "united kingdom"])
def test_a_country_goes_by_its_codes_and_its_name(home: Home, name: str) -> None:
    calendars(home)

    assert called(home, name) == ["GB"]


def test_a_name_that_nobody_knows_is_no_calendar(home: Home) -> None:
    calendars(home)

    assert called(home, "atlantis") == called(home, "us-ca") == []


def test_subdivisions_are_there_where_accounts_name_them(home: Home) -> None:
    folder = Folder(home, home.root / "folder")
    folder.write(
        accounts="account_id,name,business_calendar\na,A,US-CA\nb,B,us-ca\nc,C,US-XX\nd,D,\n"
    )
    folder.read()
    prepare(home, folder)
    with warehouse(home.warehouse) as con:
        write_holidays(con, AS_OF, [model("2024-01-01")])

    assert called(home, "us-ca") == ["US-CA"]
    assert date(2026, 3, 31) in holidays(home, "US-CA") - holidays(home, "US")
    assert called(home, "us-xx") == []


def test_a_models_own_calendar_replaces_the_one_of_that_name_and_may_be_a_new_one(
    home: Home,
) -> None:
    own = model("2024-01-01", {"GB": ["2026-12-24"], "Plant": ["2026-05-15", "2026-05-16"]})
    calendars(home, own)

    assert holidays(home, "GB") == {date(2026, 12, 24)}
    assert holidays(home, "Plant") == {date(2026, 5, 15)}
    assert called(home, "plant") == ["Plant"]


def test_a_days_holidays_are_those_of_the_model_in_force_on_it() -> None:
    library = {"GB": [date(2025, 12, 25), date(2026, 12, 25), date(2027, 12, 25)]}
    models = [
        model("2027-01-01", {"Plant": ["2026-07-01", "2027-07-01"]}),
        model("2026-01-01", {"GB": ["2025-12-24", "2026-12-24", "2027-12-24"]}),
        model("2025-01-01"),
    ]

    assert with_own_calendars(library, models) == {
        "GB": [date(2025, 12, 25), date(2026, 12, 24), date(2027, 12, 25)],
        "Plant": [date(2027, 7, 1)],
    }


def test_each_model_is_told_with_the_days_on_which_it_holds(home: Home) -> None:
    with warehouse(home.warehouse) as con:
        write_coverage_models(con, [model("2026-07-01"), model("2024-01-01")])
        write_coverage_models(con, [model("2026-07-01"), model("2024-01-01")])

    rows = query(home, "select * from meta.coverage_model order by effective_from")
    assert [row[:2] for row in rows] == [
        (date(2024, 1, 1), date(2026, 7, 1)),
        (date(2026, 7, 1), None),
    ]
    assert {tier["id"] for tier in json.loads(rows[0][2])["tiers"]} == {
        "T1",
        "T2",
        "T3",
        "T4",
        "T5",
    }


def test_calendars_that_would_be_the_same_are_kept(home: Home) -> None:
    models = [model("2024-01-01", {"Plant": ["2026-05-15"]})]
    calendars(home, *models)
    with warehouse(home.warehouse) as con:
        con.execute("delete from meta.holiday where calendar = 'US'")  # to tell who was here
    calendars(home, *models)
    assert holidays(home, "US") == set()


@pytest.mark.parametrize("change", ["another model's list", "a year later", "another library"])
def test_calendars_are_made_anew_when_what_they_follow_from_changes(
    home: Home, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calendars(home, model("2024-01-01"))
    with warehouse(home.warehouse) as con:
        con.execute("delete from meta.holiday where calendar = 'US'")
    models, as_of = [model("2024-01-01")], AS_OF
    if change == "another model's list":
        models = [model("2024-01-01", {"Plant": ["2026-05-15"]})]
    elif change == "a year later":
        as_of = AS_OF.replace(year=AS_OF.year + 1)
    else:
        monkeypatch.setattr(holidays_module, "version", lambda _: "0.0.1")
    with warehouse(home.warehouse) as con:
        write_holidays(con, as_of, models)
    last = as_of.year + holidays_module.YEARS_AHEAD
    assert {day.year for day in holidays(home, "US")} == set(range(2015, last + 1))
