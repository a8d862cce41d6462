"""Records that are not as they should be, from every source that speaks HTTP.

A vendor may add a field, change a type, send what nobody has seen before: the read goes on, the
records are landed as they came, and what cannot be used is set aside and counted.
"""

from __future__ import annotations

from itertools import cycle
from typing import Any

import msgspec
from http_subject import OnRecords, Subject, each_of, holds, own_key, ways_of

from connectors.stream import Stream
from sandbox.servers.vendor import Record

every_way = each_of(lambda kind: [s for s in ways_of(kind) if holds(kind, s)])
every_way_with_own_key = each_of(
    lambda kind: [s for s in ways_of(kind) if holds(kind, s) and own_key(s)]
)

LONG = (
    '"\\u00e9 \u00e9 \\/ \U0001f600 \\ud83d\\ude00 \\t \\u0000 \u2028 %s"' % ("text " * 200_000)
).encode()


class First:
    """Changes the first record it is shown, whenever it is shown it."""

    def __init__(self, stream: Stream, **fields: Any) -> None:
        self.name: Any = None
        self._key, self._fields = own_key(stream), fields

    def __call__(self, record: Record) -> None:
        name = [record[field] for field in self._key] or dict(record)
        if self.name is None:
            self.name = name
        if name == self.name:
            record.update(self._fields)


def all_of(subject: Subject, stream: Stream) -> dict[str, str]:
    """The stream as it is when nothing is odd."""
    reader = subject.connect()
    reader.read(stream.name)
    return reader.records(stream.name)


def read(subject: Subject, stream: Stream, changed: OnRecords, **how: Any) -> Any:
    reader = subject.connect(max_quarantined=1, **how)
    with subject.faults(changed.fault()):
        results = reader.read(stream.name)
    assert changed.found
    return reader, results


@every_way_with_own_key
def test_a_record_without_its_key_is_landed_and_set_aside(subject: Subject, stream: Stream) -> None:
    subject.fill(5)
    before = all_of(subject, stream)
    change = First(stream, **dict.fromkeys(own_key(stream)))
    reader, results = read(subject, stream, OnRecords(subject, stream, change))
    assert sum(result.quarantined for result in results) == 1
    assert len(before.keys() - reader.records(stream.name).keys()) == 1


@every_way
def test_a_new_field_with_a_long_text_is_landed_byte_for_byte(
    subject: Subject, stream: Stream
) -> None:
    subject.fill(3)
    changed = OnRecords(subject, stream, First(stream, brand_new="@@PLACE@@"))
    reader = subject.connect()
    fault = changed.fault(lambda body: body.replace(b'"@@PLACE@@"', LONG))
    with subject.faults(fault):
        reader.read(stream.name)
    assert changed.found
    assert LONG in reader.landed_bytes()
    values = [
        msgspec.json.decode(payload).get("brand_new")
        for payload in reader.records(stream.name).values()
    ]
    assert values.count(msgspec.json.decode(LONG)) == 1


@every_way_with_own_key
def test_fields_may_change_their_type_or_hold_what_nobody_knows(
    subject: Subject, stream: Stream
) -> None:
    subject.fill(4)
    before = all_of(subject, stream)
    told = {*stream.key, stream.cursor_field}
    if stream.deleted_when:
        told.add(stream.deleted_when.field)
    odd = cycle([17, "a_value_nobody_knows", {"now": ["an", "object"]}, None])

    def change(record: Record) -> None:
        other = next(odd)
        for name, value in record.items():
            if name not in told and not isinstance(value, dict | list):
                record[name] = other

    reader, results = read(subject, stream, OnRecords(subject, stream, change))
    assert sum(result.quarantined for result in results) == 0
    assert reader.records(stream.name).keys() == before.keys()
