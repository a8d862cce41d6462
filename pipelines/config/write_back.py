"""write_back.yaml: which results are written into which fields of which source.

Belongs here: the file's keys, and refusing what would feed results back into themselves. Does not:
what the values are (write_back.values), or writing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, WithJsonSchema, model_validator

from connectors import registry
from connectors.http.settings import ApiSettings
from connectors.write import Writable
from pipelines.config.base import Flag, Section, Share, Text
from pipelines.config.errors import Fault, raise_if_any
from pipelines.config.explain import did_you_mean
from pipelines.write_back.values import VALUES

_Fields = Annotated[
    dict[Text, Text],
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                name: {"type": "string", "description": value.meaning}
                for name, value in VALUES.items()
            },
        }
    ),
]


class WriteBack(Section):
    """What is written to the account records of one source."""

    enabled: Flag = Field(
        False, description="Whether anything is worked out for this source at all."
    )
    dry_run: Flag = Field(
        True,
        description="Whether it is only said what would be written. Nothing is ever written while "
        "this is true.",
    )
    fields: _Fields = Field(
        min_length=1, description="our value: the field of theirs that takes it."
    )
    max_changes: Share = Field(
        0.2,
        description="When more than this share of the records would change at once, nothing is "
        "written until somebody accepts it.",
    )
    when_unknown: Literal["leave", "clear"] = Field(
        "leave",
        description="What becomes of a field whose value is not known any more: it keeps what it "
        "has (leave), or is emptied (clear).",
    )

    @property
    def riding(self) -> frozenset[str]:
        """The fields that change only along with others."""
        return frozenset(theirs for ours, theirs in self.fields.items() if VALUES[ours].rides)

    @model_validator(mode="after")
    def _values_exist(self) -> WriteBack:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        for ours in self.fields:
            if ours not in VALUES:
                message = f'"{ours}" is no value that can be written; {did_you_mean(ours, VALUES)}'
                yield Fault(("fields", ours), message)
        taken: dict[str, str] = {}
        for ours, theirs in self.fields.items():
            if theirs in taken:
                message = f"{theirs} takes {taken[theirs]} already; give each a field of its own"
                yield Fault(("fields", ours), message)
            taken[theirs] = ours
        if all(ours in VALUES and VALUES[ours].rides for ours in self.fields):
            yield Fault(("fields",), "as_of is written only along with others; name one besides")


class WriteBackFile(Section):
    """What is written back, by source of sources.yaml."""

    sources: dict[Text, WriteBack] = Field(
        default_factory=dict,
        description="Sources that results are written to, by their names in sources.yaml.",
    )

    @classmethod
    def read(cls, data: Any, sources: Mapping[str, Any]) -> WriteBackFile:
        """Validate what the file says against the settings of the configured sources.

        Raises pydantic's ValidationError.
        """
        return cls.model_validate(data, context={"sources": sources})

    @model_validator(mode="after")
    def _fits_the_sources(self, info: ValidationInfo) -> WriteBackFile:
        configured = (info.context or {}).get("sources", {})
        raise_if_any(
            Fault(("sources", name, *fault.path), fault.message)
            for name, written in self.sources.items()
            for fault in _source_faults(name, written, configured)
        )
        return self


def _source_faults(name: str, written: WriteBack, configured: Mapping[str, Any]) -> Iterator[Fault]:
    settings = configured.get(name)
    if settings is None:
        hint = did_you_mean(name, configured) if configured else "none is configured"
        yield Fault((), f'"{name}" is not a source of sources.yaml; {hint}')
        return
    writable = registry.kind(settings.kind).writable
    if writable is None:
        kinds = [kind for kind in registry.kinds() if registry.kind(kind).writable]
        message = f"nothing can be written to {settings.kind}, only to {', '.join(kinds)}"
        yield Fault((), message)
        return
    for ours, theirs in written.fields.items():
        if fault := _field_fault(theirs, writable, settings):
            yield Fault(("fields", ours), fault)


def _field_fault(theirs: str, writable: Writable, settings: ApiSettings) -> str | None:
    """Why a field must not be written to; None where it may be."""
    if mapped := [ours for ours, field in settings.fields.items() if field == theirs]:
        return (
            f"{theirs} is read as {mapped[0]} (fields in sources.yaml): a result written there "
            "would come back as input. Write to a field of its own"
        )
    if theirs in settings.extra_fields.get(writable.stream, ()):
        return (
            f"{theirs} is read as an attribute (extra_fields in sources.yaml): a result written "
            "there would come back as input. Write to a field of its own, or do not read it"
        )
    return writable.name_fault(theirs)
