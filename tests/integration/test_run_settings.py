"""What a run is told reaches the warehouse, in place of what the last one was told."""

from __future__ import annotations

from datetime import date

from support import NIGHT, query

from pipelines.home import Home
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.runs import Run, begin_run


def begin(home: Home, fx_history: dict[str, dict[date, float]] | None = None) -> None:
    with warehouse(home.warehouse) as con:
        run = Run("run", NIGHT, NIGHT.date(), "test")
        begin_run(
            con, run, time_zone="UTC", currency="USD", fx={}, fx_history=fx_history, sources=[]
        )


def test_market_rates_are_those_of_this_run_alone(home: Home) -> None:
    begin(home, {"EUR": {date(2026, 1, 1): 1.05, date(2025, 1, 1): 1.1}, "CHF": {}})
    begin(home, {"EUR": {date(2026, 2, 1): 1.06, date(2025, 1, 1): 1.1}})

    assert query(home, "select * from meta.fx_rate_history order by holds_from") == [
        ("EUR", date(2025, 1, 1), 1.1),
        ("EUR", date(2026, 2, 1), 1.06),
    ]

    begin(home)

    assert query(home, "select * from meta.fx_rate_history") == []
