"""What a person may write in `sources.yaml` under every source that speaks HTTP.

Belongs here: the keys that all such sources share. Does not: a vendor's own keys or its methods
of authentication.
"""

from __future__ import annotations

from typing import Any, ClassVar

from pydantic import Field, field_validator, model_validator

from connectors.canonical import ENTITY_KEYS
from connectors.settings import SourceSettings
from connectors.stream import Stream
from connectors.wording import did_you_mean


class ApiSettings(SourceSettings):
    """A source that is read over HTTP. A vendor's settings add `kind`, `auth` and their own."""

    all_streams: ClassVar[tuple[Stream, ...]] = ()
    default_auth_method: ClassVar[str | None] = None

    base_url: str = Field(description="Where the API is, with https://.")
    streams: list[str] | None = Field(None, description="Which streams to read. Default: all.")
    fields: dict[str, str] = Field(
        default_factory=dict,
        description="canonical field: the field of theirs that holds it, as "
        "contracts.arr: ARR__c. It replaces the usual one wherever a record has it.",
    )
    extra_fields: dict[str, list[str]] = Field(
        default_factory=dict,
        description="stream: further fields of theirs to read; they are kept as attributes.",
    )
    defines_accounts: bool = Field(
        True,
        description="Whether a record of a customer that is found here alone is an account. "
        "False: it is queued for a person to link.",
    )
    page_size: int | None = Field(
        None, gt=0, description="Records to ask for at a time. Default: what the vendor allows."
    )
    concurrency: int = Field(
        3, ge=1, le=16, description="How many streams are read at the same time."
    )
    lookback_minutes: float = Field(
        15,
        ge=0,
        description="How far before the last read's end the next one begins, because changes "
        "may appear late.",
    )
    full_read_every_days: float | None = Field(
        None,
        gt=0,
        description="After so many days a stream that is read by what changed is read in full "
        "again, which finds what nobody reported. Default: the vendor's README says.",
    )
    records_per_batch: int = Field(
        200_000,
        gt=0,
        description="A long read is stored in steps of so many records, so that one that is "
        "interrupted need not begin again.",
    )
    connect_timeout_s: float = Field(10, gt=0, description="Longest wait for a connection.")
    read_timeout_s: float = Field(120, gt=0, description="Longest silence within a reply.")
    max_wait_minutes: float = Field(
        30,
        ge=0,
        description="How long a request may wait in all, over its attempts, for a server that asks "
        "for patience.",
    )
    attempts: int = Field(6, ge=1, description="How often a failing request is sent in all.")

    @model_validator(mode="before")
    @classmethod
    def _method_may_be_left_out(cls, given: Any) -> Any:
        auth = given.get("auth") if isinstance(given, dict) else None
        if cls.default_auth_method and isinstance(auth, dict) and "method" not in auth:
            return {**given, "auth": {"method": cls.default_auth_method, **auth}}
        return given

    @field_validator("base_url")
    @classmethod
    def _is_an_address(cls, base_url: str) -> str:
        if not base_url.startswith(("https://", "http://")):
            raise ValueError(f'"{base_url}" is not an address; write it like https://example.com')
        if "@" in base_url or "?" in base_url:
            raise ValueError("an address here holds no user name, password or query")
        return base_url.rstrip("/")

    @field_validator("streams")
    @classmethod
    def _streams_exist(cls, streams: list[str] | None) -> list[str] | None:
        for name in streams or ():
            _require_stream(name, cls.all_streams)
        return streams

    @field_validator("extra_fields")
    @classmethod
    def _extra_fields_belong_to_streams(cls, fields: dict[str, list[str]]) -> dict[str, list[str]]:
        for name in fields:
            _require_stream(name, cls.all_streams)
        return fields

    @field_validator("fields")
    @classmethod
    def _fields_are_canonical(cls, fields: dict[str, str]) -> dict[str, str]:
        for name in fields:
            entity, dot, field = name.partition(".")
            if not dot or not field:
                raise ValueError(f'"{name}" must be written as entity.field, like contracts.arr')
            if entity not in ENTITY_KEYS:
                hint = did_you_mean(entity, ENTITY_KEYS) or f" There are {', '.join(ENTITY_KEYS)}."
                raise ValueError(f"{entity} is not a canonical entity.{hint}")
        return fields

    @property
    def sql_options(self) -> dict[str, str]:
        """The settings that SQL must know, as texts."""
        return {"defines_accounts": str(self.defines_accounts).lower(), **self.own_sql_options}

    @property
    def own_sql_options(self) -> dict[str, str]:
        """What a vendor's settings add to `sql_options`."""
        return {}

    def custom_fields(self, stream: Stream) -> list[str]:
        """Fields of theirs that must be read with a stream beyond the usual ones, sorted."""
        mapped = {
            theirs for ours, theirs in self.fields.items() if ours.split(".")[0] in stream.feeds
        }
        return sorted(mapped | set(self.extra_fields.get(stream.name, ())))


def _require_stream(name: str, streams: tuple[Stream, ...]) -> None:
    names = [stream.name for stream in streams]
    if name not in names:
        hint = did_you_mean(name, names) or f" There are {', '.join(names)}."
        raise ValueError(f"{name} is not a stream of this source.{hint}")
