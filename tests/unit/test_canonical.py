"""The canonical vocabulary: its one home agrees with what connectors and the specification say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from connectors.canonical import ENTITY_KEYS, OPTIONAL_KEYS
from pipelines import canonical

SPECIFIED = Path(__file__).parents[3] / "shared" / "spec" / "canonical_input.md"


def specified() -> dict[str, dict[str, bool]]:
    """The specification's table: by entity, each column and whether it is required."""
    entities = {}
    for line in SPECIFIED.read_text(encoding="utf-8").splitlines():
        row = re.fullmatch(r"\| (\w+) \| (.+) \|", line)
        if row and row[1] != "entity":
            entities[row[1]] = dict(columns_in(row[2]))
    return entities


def columns_in(cell: str) -> list[tuple[str, bool]]:
    without_remarks = re.sub(r"\([^)]*\)", "", cell)
    columns = []
    for part in without_remarks.split(","):
        # "user_email or pool*": one of the two is needed, so neither is by itself.
        names = [name.strip() for name in part.split(" or ")]
        columns += [
            (name.removesuffix("\\*"), name.endswith("\\*") and len(names) == 1) for name in names
        ]
    return columns


def test_connectors_and_dbt_know_the_same_entities_by_the_same_keys() -> None:
    assert {e.name: e.key for e in canonical.entities().values()} == dict(ENTITY_KEYS)


def test_keys_are_columns_and_required_unless_a_source_may_lack_them() -> None:
    for entity in canonical.entities().values():
        required = {f.name for f in entity.fields if f.is_required}
        optional = OPTIONAL_KEYS.get(entity.name, frozenset())
        assert set(entity.key) - optional <= required, entity.name
        assert optional <= set(entity.key) - required, entity.name


def test_each_field_is_described_once_with_a_type_that_staging_can_read() -> None:
    types = {"varchar", "varchar[]", "date", "timestamptz", "double", "integer", "boolean"}
    for entity in canonical.entities().values():
        names = [f.name for f in entity.fields]
        assert len(names) == len(set(names)), entity.name
        assert {f.data_type for f in entity.fields} <= types, entity.name
        assert entity.description, entity.name


def test_dates_and_instants_are_what_a_date_format_applies_to() -> None:
    fields = {f.name: f.is_temporal for f in canonical.entities()["tickets"].fields}
    assert (fields["opened_at"], fields["subject"]) == (True, False)
    assert {f.name for f in canonical.entities()["accounts"].fields if f.is_temporal} >= {
        "started_on",
        "churned_on",
    }


@pytest.mark.skipif(not SPECIFIED.is_file(), reason="the specification is not here")
def test_entities_and_columns_are_those_of_the_specification() -> None:
    ours = {
        e.name: {f.name: f.is_required for f in e.fields} for e in canonical.entities().values()
    }
    assert ours == specified()
