"""What a person may write in `sources.yaml` under a HubSpot source.

Belongs here: HubSpot's own keys. Does not: those that all APIs share.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from connectors.http.auth import Bearer, RefreshToken
from connectors.http.settings import ApiSettings
from connectors.hubspot.streams import STREAMS
from connectors.stream import Stream


class Settings(ApiSettings):
    """A HubSpot account."""

    all_streams: ClassVar[tuple[Stream, ...]] = STREAMS
    default_auth_method: ClassVar[str | None] = "bearer"

    kind: Literal["hubspot"] = "hubspot"
    auth: Annotated[Bearer | RefreshToken, Field(discriminator="method")]
    base_url: str = Field("https://api.hubapi.com", description="Where the API is.")
    api_version: str = Field(
        "v3",
        pattern=r"^(v3|\d{4}-\d{2}(-beta)?)$",
        description="v3, or a version that is named by a date, like 2026-03.",
    )
    requests_per_10_s: int = Field(
        100,
        gt=0,
        description="Requests in ten seconds: 100 on Free and Starter, 190 on Professional and "
        "Enterprise, 250 with the API pack.",
    )
    searches_per_s: int = Field(
        4, gt=0, description="Searches a second; an account has 5, for all its applications."
    )
    full_read_every_days: float | None = Field(
        7,
        gt=0,
        description="After so many days a stream is read in full again: for records deleted for "
        "good, and associations that changed without the record.",
    )
    contract_pipelines: list[str] | None = Field(
        None,
        min_length=1,
        description="Deal pipelines, by id or label, whose won deals are contracts. Default: all.",
    )

    @field_validator("contract_pipelines")
    @classmethod
    def _can_be_listed(cls, names: list[str] | None) -> list[str] | None:
        for name in names or ():
            if ";" in name:
                raise ValueError(f'"{name}": a label with a semicolon cannot be used; write the id')
        return names

    @property
    def own_sql_options(self) -> dict[str, str]:
        """What the staging SQL must know; lists are separated by semicolons."""
        names = self.contract_pipelines
        return {"contract_pipelines": ";".join(names)} if names else {}
