"""sources.yaml: what is connected, and the currency and time zone that everything is told in.

Belongs here: what all sources share. Does not: a kind's own keys, which its connector declares.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    Field,
    InstanceOf,
    SerializeAsAny,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from connectors import registry
from connectors.files.settings import Settings as FilesSettings
from connectors.http.settings import ApiSettings
from pipelines.config.base import PositiveAmount, Section, Text
from pipelines.config.duckdb import DuckDB
from pipelines.config.errors import Fault, Faults, raise_if_any
from pipelines.config.explain import did_you_mean, faults_of
from pipelines.config.mapping import field_faults, mapping_faults, priority_faults
from pipelines.config.tools import Tool, tool_faults

SOURCE_NAME = r"^[a-z][a-z0-9]*(_[a-z0-9]+)*$"
_CURRENCY = re.compile(r"^[A-Z]{3}$")
_DAY = re.compile(r"^\d{4}-\d{2}-\d{2}$")
_TIME = re.compile(r"^([01]\d|2[0-3]):[0-5]\d$")


def _time_zone(name: str) -> str:
    zones = available_timezones()
    if name not in zones:
        by_lower = {zone.lower(): zone for zone in sorted(zones)}
        nearest = by_lower.get(name.lower())
        hint = f'did you mean "{nearest}"?' if nearest else "write it like Europe/London"
        raise ValueError(f'"{name}" is not a time zone; {hint}')
    return name


def _currency(code: str) -> str:
    if not _CURRENCY.fullmatch(code):
        raise ValueError(f'"{code}" is not a currency; write its three capital letters, like USD')
    return code


def _known_settings(raw: Any) -> Any:
    """Each source's settings, read by the connector of its kind; all faults of all sources."""
    if raw is None:
        return {}  # `sources:` with nothing but comments below it
    if not isinstance(raw, Mapping):
        return raw
    settings: dict[str, Any] = {}
    faults: list[Fault] = []
    for name, entry in raw.items():
        if not re.match(SOURCE_NAME, name):
            message = "a source's name is lower case, its words joined by one _, like crm_europe"
            faults.append(Fault((name,), message))
            continue
        if isinstance(entry, BaseModel):
            settings[name] = entry
            continue
        try:
            settings[name] = _settings(name, entry)
        except Faults as found:
            faults += (Fault((name, *fault.path), fault.message) for fault in found.faults)
    raise_if_any(faults)
    return settings


def _settings(name: str, entry: Any) -> BaseModel:
    if not isinstance(entry, Mapping):
        raise Faults([Fault((), "must have keys below it, like {kind: files, path: ./data}")])
    kind = entry.get("kind", name)
    if kind not in registry.kinds():
        if "kind" in entry:
            known = did_you_mean(str(kind), registry.kinds())
            raise Faults([Fault(("kind",), f'"{kind}" is not a kind of source; {known}')])
        message = (
            f'kind is missing, and "{name}" is not a kind of source itself; add kind, one of: '
            f"{', '.join(registry.kinds())}"
        )
        raise Faults([Fault((), message)])
    model = registry.kind(kind).settings
    try:
        settings = model.model_validate({**entry, "kind": kind})
    except ValidationError as error:
        raise Faults(faults_of(error, model)) from None
    if isinstance(settings, FilesSettings):
        raise_if_any(list(mapping_faults(settings)))
    if isinstance(settings, ApiSettings):
        raise_if_any(list(field_faults(settings)))
    return settings


Currency = Annotated[
    Text,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": _CURRENCY.pattern}),
]


def _day(value: Any) -> Any:
    if (isinstance(value, str) and not _DAY.match(value)) or isinstance(value, int):
        raise ValueError(f'"{value}" is not a day; write it like 2026-01-31')
    return value


Day = Annotated[date, BeforeValidator(_day)]


def _time_of_day(value: Any) -> Any:
    if isinstance(value, int):  # YAML reads 22:30 without quotes as a number to the base 60
        value = f"{value // 60:02}:{value % 60:02}"
    if not _TIME.match(str(value)):
        raise ValueError(f'"{value}" is not a time of day; write it like "02:00"')
    return value


TimeOfDay = Annotated[
    Text,
    BeforeValidator(_time_of_day),
    WithJsonSchema({"type": "string", "pattern": _TIME.pattern}),
]


class SourcesFile(Section):
    """What is connected. The order of the sources is their priority, the first the highest."""

    time_zone: Annotated[Text, AfterValidator(_time_zone)] = Field(
        "UTC", description="Business time zone, by its IANA name. A day ends when it ends there."
    )
    refresh_at: TimeOfDay = Field(
        "02:00", description="When the nightly refresh starts in that time zone, as HH:MM."
    )
    currency: Currency = Field(
        "USD", description="Reporting currency, by its ISO code. All amounts are told in it."
    )
    fx: dict[Currency, PositiveAmount] = Field(
        default_factory=dict,
        description="Constant rates: what one unit of a currency is worth in the reporting one.",
    )
    fx_history: dict[Currency, dict[Day, PositiveAmount]] = Field(
        default_factory=dict,
        description="Market rates, each from its day until the next, as EUR: {2026-01-01: 1.05}. "
        "They only tell what exchange rates alone did to ARR (movements of type fx); all other "
        "numbers are at the constant rates.",
    )
    sources: Annotated[
        dict[str, SerializeAsAny[InstanceOf[BaseModel]]],
        BeforeValidator(_known_settings, json_schema_input_type=dict[str, Any]),
    ] = Field(
        default_factory=dict,
        description="What is connected, by the name it has in landing, raw tables and lineage. "
        "Where two sources give the same record, the first in this list wins.",
    )

    field_priority: dict[Text, list[Text]] = Field(
        default_factory=dict,
        description="canonical field: the sources whose value wins, the first first, as "
        "accounts.name: [crm, csp]. Default: the order of the sources.",
    )

    tools: list[Tool] = Field(
        default_factory=list,
        description="Tools that the team works with, beside the connected sources, which count by "
        "themselves; or more about one of these.",
    )

    history_from: Day | None = Field(
        None,
        description="The first past day that can be computed again (cs-coverage backfill), like "
        "2026-01-31. Default: the day of the first refresh. It changes no number.",
    )

    duckdb: DuckDB = Field(
        default_factory=DuckDB,
        description="How much of the machine a night may take. It changes no number.",
    )

    @property
    def refresh_cron(self) -> str:
        """`refresh_at` as a cron expression."""
        hours, minutes = self.refresh_at.split(":")
        return f"{int(minutes)} {int(hours)} * * *"

    @property
    def rates(self) -> dict[str, float]:
        """Rates by currency, the reporting currency included."""
        return {**self.fx, self.currency: 1.0}

    @model_validator(mode="after")
    def _priorities_name_what_there_is(self) -> SourcesFile:
        raise_if_any(list(priority_faults(self.field_priority, self.sources)))
        return self

    @model_validator(mode="after")
    def _tools_name_what_there_is(self) -> SourcesFile:
        raise_if_any(list(tool_faults(self.tools, self.sources)))
        return self

    @model_validator(mode="after")
    def _reporting_currency_is_worth_itself(self) -> SourcesFile:
        if self.fx.get(self.currency, 1) != 1:
            message = f"{self.currency} is the reporting currency: its rate is 1, or leave it out"
            raise_if_any([Fault(("fx", self.currency), message)])
        if self.currency in self.fx_history:
            message = (
                f"{self.currency} is the reporting currency: it has no market rate; leave it out"
            )
            raise_if_any([Fault(("fx_history", self.currency), message)])
        return self
