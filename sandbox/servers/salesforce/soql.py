"""The part of SOQL that a synchronisation uses.

Belongs here: reading `SELECT … FROM … [WHERE f op literal AND …] [ORDER BY …] [LIMIT n]`, saying
what is wrong with it, and choosing records. Does not: relationships, functions, grouping.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from operator import ge, gt, le, lt
from typing import Any

from sandbox.servers.salesforce.objects import text_of

_QUERY = re.compile(
    r"\s*SELECT\s+(?P<select>.+?)\s+FROM\s+(?P<object>\w+)"
    r"(?:\s+WHERE\s+(?P<where>.+?))?"
    r"(?:\s+ORDER\s+BY\s+(?P<order>.+?))?"
    r"(?:\s+LIMIT\s+(?P<limit>\d+))?\s*",
    re.IGNORECASE | re.DOTALL,
)
_CONDITION = re.compile(r"\s*(\w+)\s*(>=|<=|!=|=|>|<)\s*('(?:[^'\\]|\\.)*'|\S+)\s*")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_COUNT = "COUNT()"


@dataclass(frozen=True)
class SoqlError(Exception):
    """What the API answers to a query that it does not take."""

    code: str
    message: str


@dataclass(frozen=True)
class Condition:
    """A field, an operator and a value in the form in which records hold it."""

    field: str
    operator: str
    value: Any

    def holds(self, record: Mapping[str, Any]) -> bool:
        """Whether a record fulfils it; a null fulfils only comparisons with null."""
        theirs = record.get(self.field)
        if self.operator == "=":
            return bool(theirs == self.value)
        if self.operator == "!=":
            return bool(theirs != self.value)
        if theirs is None or self.value is None:
            return False
        compare = {">=": ge, "<=": le, ">": gt, "<": lt}[self.operator]
        return bool(compare(theirs, self.value))


@dataclass(frozen=True)
class Query:
    """A query that was understood; field names as the object writes them."""

    object: str
    fields: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()
    order: tuple[tuple[str, bool], ...] = ()
    limit: int | None = None
    counts: bool = field(default=False)

    def chosen(self, records: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The records that fulfil the query, in its order."""
        found = [r for r in records if all(c.holds(r) for c in self.conditions)]
        for name, descending in reversed(self.order):
            found.sort(key=_rank(name), reverse=descending)
        return found if self.limit is None else found[: self.limit]


def _rank(name: str) -> Callable[[Mapping[str, Any]], tuple[bool, Any]]:
    """A sort key by a field, nulls first."""
    return lambda record: (record.get(name) is not None, record.get(name))


def parse(text: str, objects: Mapping[str, Mapping[str, str]]) -> Query:
    """Read a query; `objects` maps the names of visible objects to their fields and types.

    Raises `SoqlError`.
    """
    match = _QUERY.fullmatch(text)
    if match is None:
        raise SoqlError("MALFORMED_QUERY", f"unexpected token: {text.split(None, 1)[:1]}")
    by_lower = {name.lower(): name for name in objects}
    name = by_lower.get(match["object"].lower())
    if name is None:
        raise SoqlError(
            "INVALID_TYPE",
            f"\n{text}\nERROR at Row:1:Column:1\nsObject type '{match['object']}' is not "
            "supported. If you are attempting to use a custom object, be sure to append the "
            "'__c' after the entity name.",
        )
    known = _Fields(name, objects[name])
    counts = match["select"].replace(" ", "").upper() == _COUNT
    selected = [] if counts else [part.strip() for part in match["select"].split(",")]
    fields = tuple(known.named(part) for part in selected)
    if len({f.lower() for f in fields}) < len(fields):
        raise SoqlError("MALFORMED_QUERY", "duplicate field selected")
    return Query(
        object=name,
        fields=fields,
        conditions=tuple(_conditions(match["where"], known)),
        order=tuple(_order(match["order"], known)),
        limit=int(match["limit"]) if match["limit"] else None,
        counts=counts,
    )


@dataclass(frozen=True)
class _Fields:
    object: str
    types: Mapping[str, str]

    def named(self, name: str) -> str:
        found = {field.lower(): field for field in self.types}.get(name.lower())
        if found is None:
            raise SoqlError(
                "INVALID_FIELD",
                f"\nERROR at Row:1:Column:8\nNo such column '{name}' on entity '{self.object}'. If "
                "you are attempting to use a custom field, be sure to append the '__c' after the "
                "custom field name.",
            )
        return found


def _conditions(text: str | None, known: _Fields) -> Iterable[Condition]:
    for part in re.split(r"\s+AND\s+", text, flags=re.IGNORECASE) if text else ():
        match = _CONDITION.fullmatch(part)
        if match is None:
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: {part}")
        name = known.named(match[1])
        yield Condition(name, match[2], _value(match[3], known.types[name], name))


def _value(text: str, kind: str, name: str) -> Any:
    if text.lower() == "null":
        return None
    if kind == "datetime":
        if not _MOMENT.fullmatch(text):
            raise SoqlError(
                "INVALID_FIELD",
                f"value of filter criterion for field '{name}' must be of type dateTime and "
                "should not be enclosed in quotes",
            )
        return text_of(datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC))
    if kind == "date":
        if not _DAY.fullmatch(text):
            raise SoqlError(
                "INVALID_FIELD",
                f"value of filter criterion for field '{name}' must be of type date and should "
                "not be enclosed in quotes",
            )
        return text
    if kind == "boolean":
        return text.lower() == "true"
    if kind in ("int", "double", "currency"):
        return float(text)
    if not text.startswith("'"):
        raise SoqlError("MALFORMED_QUERY", f"Bind variables only allowed in Apex code: {text}")
    return text[1:-1].replace("\\'", "'").replace("\\\\", "\\")


def _order(text: str | None, known: _Fields) -> Iterable[tuple[str, bool]]:
    for part in text.split(",") if text else ():
        words = part.split()
        if not words or (len(words) > 1 and words[1].upper() not in ("ASC", "DESC")):
            raise SoqlError("MALFORMED_QUERY", f"unexpected token: {part.strip()}")
        yield known.named(words[0]), len(words) > 1 and words[1].upper() == "DESC"
