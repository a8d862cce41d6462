"""What a person may write in `sources.yaml` for a Gainsight tenant.

Belongs here: Gainsight's own keys and their defaults. Does not: keys that all API sources share.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator

from connectors.gainsight.streams import STREAMS
from connectors.http.auth import ClientCredentials, HeaderKey
from connectors.http.settings import ApiSettings
from connectors.stream import Stream

FULL_TIMELINE = "none"


class Settings(ApiSettings):
    """A Gainsight CS tenant."""

    all_streams: ClassVar[tuple[Stream, ...]] = STREAMS
    default_auth_method: ClassVar[str | None] = "header_key"

    kind: Literal["gainsight"] = "gainsight"
    auth: Annotated[HeaderKey | ClientCredentials, Field(discriminator="method")] = Field(
        description="An access key (header_key), or an OAuth M2M application (client_credentials)."
    )
    base_url: str = Field(description="The tenant, like https://acme.gainsightcloud.com.")
    page_size: int | None = Field(
        None, gt=0, le=5000, description="Records to ask for at a time; of CTAs at most 1000."
    )
    lookback_minutes: float = Field(
        1440,
        ge=0,
        description="How far before the last read's end the next one begins. A day, because "
        "Gainsight does not say in which time zone it reads the times in a filter.",
    )
    full_read_every_days: float | None = Field(
        28,
        gt=0,
        description="After so many days a stream is read in full again, which finds deletions "
        "that the delete log did not name. Also after 14 days without a read, since the log "
        "forgets after 15.",
    )
    requests_per_minute: int = Field(
        90, gt=0, description="Gainsight allows a tenant 100; leave some to other integrations."
    )
    requests_per_day: int = Field(
        45_000, gt=0, description="Most requests of one run; Gainsight allows a tenant 50,000."
    )
    filter_time_zone: str = Field(
        "UTC",
        description="The zone in which the tenant reads times in filters; wrong, long reads stop "
        "with an error that names this key.",
    )
    timeline_cursor: str | None = Field(
        None,
        description="Field by which changes of timeline activities are found, like CreatedDate. "
        "Default: the field of the last change, where the tenant has one; else, and with none, "
        "the whole timeline is read each time.",
    )
    timeline_lookback_days: float = Field(
        30, ge=0, description="With timeline_cursor: how far back activities are read again."
    )
    ctas_since: date = Field(date(2010, 1, 1), description="First day on which a CTA changed.")

    @field_validator("base_url")
    @classmethod
    def _without_version(cls, base_url: str) -> str:
        return base_url.removesuffix("/v1")

    @field_validator("filter_time_zone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name} is no time zone; write it like America/Chicago") from None
        return name
