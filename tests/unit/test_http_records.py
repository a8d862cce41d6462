"""Records inside pages: their own bytes, whatever they are."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.errors import TransientSourceError
from connectors.http.message import Reply, Request
from connectors.http.records import (
    envelope_value,
    field_reader,
    is_object,
    largest,
    records_at,
    with_context,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | TEXT,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(TEXT, inside, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(TEXT, VALUES, max_size=5)
SPACES = st.text(" \t\n\r", max_size=3)
ENCODED = st.builds(
    lambda value, before, after, ascii_only, indent: (
        before + json.dumps(value, ensure_ascii=ascii_only, indent=indent) + after
    ).encode(),
    OBJECTS,
    SPACES,
    SPACES,
    st.booleans(),
    st.none() | st.just(1),
)


def reply(body: bytes) -> Reply:
    return Reply(200, {}, body, Request("/things"))


def page(records: list[bytes], path: list[str]) -> bytes:
    body = b"[" + b",".join(records) + b"]"
    for name in reversed(path):
        body = b'{"before":1,' + json.dumps(name).encode() + b":" + body + b"}"
    return body


@given(st.lists(ENCODED, max_size=5), st.lists(st.sampled_from(["a", "b c", "é"]), max_size=3))
def test_records_are_cut_out_byte_for_byte(records: list[bytes], path: list[str]) -> None:
    cut = records_at(reply(page(records, path)), *path)
    assert [record.strip() for record in cut] == [record.strip() for record in records]


def test_a_place_may_lead_through_lists() -> None:
    body = b'[{"people":[{"id":1}],"total":1}]'
    assert records_at(reply(body), 0, "people") == [b'{"id":1}']
    assert envelope_value(reply(body), 0, "total") == 1
    assert envelope_value(reply(b"[]"), 0, "total") is None


@pytest.mark.parametrize("body", [b"{}", b'{"items":null}', b'{"items":[]}', b'{"other":[1]}'])
def test_nothing_at_the_place_is_a_page_without_records(body: bytes) -> None:
    assert records_at(reply(body), "items") == []


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b'{"items":{"id":1}}', ("items",)),
        (b'{"items":"none"}', ("items",)),
        (b"[]", ("items",)),
        (b"{}", (0, "items")),
        (b'{"items":[]}', ()),
        (b'"text"', ()),
    ],
)
def test_another_shape_is_not_taken_for_a_page_without_records(
    body: bytes, path: tuple[str | int, ...]
) -> None:
    with pytest.raises(TransientSourceError, match="GET /things answered no list of records"):
        records_at(reply(body), *path)


@given(ENCODED, st.dictionaries(TEXT.map(lambda name: "_" + name), VALUES, max_size=3))
def test_context_is_added_and_the_rest_stays_byte_for_byte(
    record: bytes, context: dict[str, Any]
) -> None:
    spliced = with_context(record, context)
    assert json.loads(spliced) == {**context, **json.loads(record)}
    assert spliced.endswith(record.lstrip()[1:])


def test_context_may_be_given_as_it_was_received() -> None:
    spliced = with_context(b'{"id":1}', {"_associations": msgspec.Raw(b'{"a" : [ 1 ]}')})
    assert spliced == b'{"_associations":{"a" : [ 1 ]},"id":1}'


NAMES = st.sampled_from(["a", "b c", "Größe"])
NESTED = st.recursive(VALUES, lambda inside: st.dictionaries(NAMES, inside, max_size=3))


@given(st.dictionaries(NAMES, NESTED), st.lists(NAMES, min_size=1, max_size=3), st.booleans())
def test_a_field_is_read_as_decoding_the_whole_record_would(
    record: dict[str, Any], path: list[str], ascii_only: bool
) -> None:
    expected: Any = record
    for name in path:
        expected = expected.get(name) if isinstance(expected, dict) else None
    encoded = json.dumps(record, ensure_ascii=ascii_only).encode()
    assert field_reader(*path)(encoded) == expected


@pytest.mark.parametrize(
    ("record", "value"),
    [
        (b'{"properties":{"at":"2026"}}', "2026"),
        (b'{"properties":{"at":null}}', None),
        (b'{"properties":{"at":7}}', 7),
        (b'{"properties":null}', None),
        (b'{"properties":"gone"}', None),
        (b'{"other":{"at":"2026"}}', None),
        (b"[]", None),
        (b"null", None),
        (b"{", None),
    ],
)
def test_a_field_that_is_not_there_is_none(record: bytes, value: object) -> None:
    assert field_reader("properties", "at")(record) == value


def test_the_largest_text_is_found_among_records_without_one() -> None:
    read = field_reader("at")
    records = [b'{"at":"2026-02"}', b"{}", b'{"at":null}', b'{"at":5}', b'{"at":"2026-01"}', b"x"]
    assert largest(records, read, None) == "2026-02"
    assert largest(records, read, "2026-03") == "2026-03"
    assert largest([], read, None) is None


def test_only_objects_can_be_records() -> None:
    assert is_object(b' \n{"id":1}')
    assert not any(map(is_object, (b"null", b"[1]", b'"{"', b"7", b"")))
