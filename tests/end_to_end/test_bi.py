"""What people's own tools are told about the published tables holds for a published home.

Belongs here: the queries of README and docs/bi.md, the tables that they name, the bundle for
Superset, and the readers that dbt declares. Does not: what any number means, or Superset itself.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from conftest import CHECKOUT, Night
from product import published, tables

pytestmark = pytest.mark.slow

BUNDLE = CHECKOUT / "deploy" / "superset" / "coverage_to_standard"
PAGES = ("README.md", "docs/bi.md")


def queries(page: str) -> list[str]:
    """Every statement in a page's blocks of SQL."""
    blocks = re.findall(r"```sql\n(.*?)```", (CHECKOUT / page).read_text("utf-8"), re.DOTALL)
    return [s.query.strip() for block in blocks for s in duckdb.extract_statements(block)]


def loaded(folder: str) -> dict[str, dict[str, Any]]:
    """The bundle's files of one kind, by name."""
    files = sorted((BUNDLE / folder).rglob("*.yaml"))
    return {f.stem: yaml.safe_load(f.read_text("utf-8")) for f in files}


DATASETS = loaded("datasets")
CHARTS = loaded("charts")
BY_UUID = {d["uuid"]: d for d in DATASETS.values()}
[DATABASE] = loaded("databases").values()
[DASHBOARD] = loaded("dashboards").values()


@pytest.mark.parametrize(("page", "least"), [("README.md", 3), ("docs/bi.md", 10)])
def test_a_page_holds_queries(page: str, least: int) -> None:
    assert len(queries(page)) >= least


@pytest.mark.parametrize("query", [q for page in PAGES for q in queries(page)])
def test_a_query_of_the_pages_answers(demo: Night, query: str) -> None:
    assert published(demo.company.home, query)


def test_the_list_of_questions_names_tables_and_columns_that_there_are(demo: Night) -> None:
    there = tables(demo.company.home)
    columns: dict[str, set[str]] = {}
    for table, column in published(
        demo.company.home, "select table_name, column_name from duckdb_columns() where not internal"
    ):
        columns.setdefault(table, set()).add(column)
    page = (CHECKOUT / "docs" / "bi.md").read_text("utf-8")
    rows = re.findall(r"^\| [^|]+\? \| ([^|]+) \| ([^|]+) \|$", page, re.MULTILINE)
    assert len(rows) >= 25
    for named, keys in rows:
        of = re.findall(r"`(\w+)`", named)
        assert set(of) <= there
        assert set(re.findall(r"`(\w+)`", keys)) <= set().union(*(columns[t] for t in of))


@pytest.mark.parametrize("name", DATASETS)
def test_a_dataset_has_the_columns_that_are_published(demo: Night, name: str) -> None:
    dataset = DATASETS[name]
    assert (dataset["schema"], dataset["table_name"]) == ("coverage", name)
    stored = {c["column_name"] for c in dataset["columns"] if "expression" not in c}
    there = published(
        demo.company.home, f"select column_name from duckdb_columns() where table_name = '{name}'"
    )
    assert stored <= {column for (column,) in there}


@pytest.mark.parametrize("name", DATASETS)
def test_metrics_and_columns_that_are_computed_can_be(demo: Night, name: str) -> None:
    for column in DATASETS[name]["columns"]:
        if expression := column.get("expression"):
            found = published(demo.company.home, f"select count(*) from {name} where {expression}")
            assert found > [(0,)], (name, column["column_name"])
    for metric in DATASETS[name]["metrics"]:
        published(demo.company.home, f"select {metric['expression']} from {name}")


def metric(dataset: str, name: str) -> str:
    [found] = [m for m in DATASETS[dataset]["metrics"] if m["metric_name"] == name]
    return str(found["expression"])


@pytest.mark.parametrize(
    ("table", "name", "column", "rows"),
    [
        (
            "mart_coverage_tier_period",
            "coverage_to_standard",
            "account_cts",
            "basis = 'restated' and period_type = 'quarter'",
        ),
        (
            "mart_outcomes_tier_period",
            "logo_renewal",
            "logo_renewal_rate",
            "basis = 'restated' and period_type = 'trailing_12m' and attribution = 'tier_then'",
        ),
        (
            "mart_outcomes_tier_period",
            "grr_of_cohort",
            "grr",
            "basis = 'restated' and period_type = 'trailing_12m' and attribution = 'tier_then'",
        ),
        ("mart_capacity_tier", "load", "utilisation", "true"),
    ],
)
def test_a_metric_is_the_published_rate_and_adds_tiers_up_to_all_of_them(
    demo: Night, table: str, name: str, column: str, rows: str
) -> None:
    rate = metric(table, name)
    period = "period_start" if "period" in rows else "as_of_date"
    one = f"select {rate} as ours, max({column}) as theirs from {table} where {rows}"
    by_tier = published(demo.company.home, f"{one} group by tier_id, {period}")
    assert any(theirs is not None for _, theirs in by_tier)
    assert [ours for ours, _ in by_tier] == pytest.approx([theirs for _, theirs in by_tier])

    def whole(only: str) -> list[tuple[Any, ...]]:
        return published(
            demo.company.home,
            f"select {period}, {rate} from {table} where {rows} and {only} group by 1 order by 1",
        )

    assert dict(whole("tier_id <> 'ALL'")) == pytest.approx(dict(whole("tier_id = 'ALL'")))
    assert {value for _, value in whole("true")} == {None}, "ALL was added to its own parts"


def test_charts_use_what_their_dataset_has() -> None:
    for name, chart in CHARTS.items():
        dataset, params = BY_UUID[chart["dataset_uuid"]], chart["params"]
        metrics = {m["metric_name"] for m in dataset["metrics"]}
        columns = {c["column_name"] for c in dataset["columns"]}
        asked = {*params.get("metrics", []), *filter(None, [params.get("metric")])}
        assert asked <= metrics, name
        grouped = {*params.get("groupby", []), *params.get("all_columns", [])}
        filtered = {
            f["subject"] for f in params["adhoc_filters"] if f["expressionType"] == "SIMPLE"
        }
        assert grouped | filtered <= columns, name


def test_the_dashboard_shows_each_chart_once_and_holds_nothing_of_a_machine() -> None:
    placed = [
        part["meta"]["uuid"]
        for part in DASHBOARD["position"].values()
        if isinstance(part, dict) and part["type"] == "CHART"
    ]
    assert sorted(placed) == sorted(chart["uuid"] for chart in CHARTS.values())
    assert DATABASE["sqlalchemy_uri"] == "duckdb:////SET-ME/home/serving/serving.duckdb"
    assert DATABASE["extra"]["engine_params"] == {"connect_args": {"read_only": True}}
    caches = [x["cache_timeout"] for x in (DATABASE, *CHARTS.values())]
    assert set(caches) == {0}, "a cache shows yesterday"


def exposures(parsed_home: Path) -> Iterator[tuple[str, set[str]]]:
    [manifest] = parsed_home.rglob("manifest.json")
    for exposure in json.loads(manifest.read_text())["exposures"].values():
        yield exposure["name"], {node.rsplit(".", 1)[1] for node in exposure["depends_on"]["nodes"]}


def test_dbt_names_the_readers_and_what_they_read(parsed_home: Path, demo: Night) -> None:
    named = dict(exposures(parsed_home))
    assert named["superset_coverage_to_standard"] == set(DATASETS)
    assert set().union(*named.values()) <= tables(demo.company.home)
