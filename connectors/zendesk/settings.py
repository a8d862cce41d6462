"""What a person writes in `sources.yaml` to connect Zendesk.

Belongs here: Zendesk's own keys and ways to sign in. Does not: keys that all sources share.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from connectors.http.auth import AuthSettings, Bearer, RefreshToken
from connectors.http.settings import ApiSettings
from connectors.stream import Stream
from connectors.zendesk.streams import STREAMS


class ApiToken(AuthSettings):
    """An API token together with the address of the agent who uses it."""

    method: Literal["api_token"] = "api_token"
    email: str = Field(description="The agent's address; it may be written here, or as $NAME.")
    token: str = Field(description="API token, as $NAME or file:PATH.")


class Settings(ApiSettings):
    """A Zendesk account."""

    all_streams: ClassVar[tuple[Stream, ...]] = STREAMS
    default_auth_method: ClassVar[str | None] = "api_token"

    kind: Literal["zendesk"] = "zendesk"
    base_url: str = Field(description="Where the account is: https://<subdomain>.zendesk.com.")
    auth: Annotated[ApiToken | Bearer | RefreshToken, Field(discriminator="method")]
    defines_accounts: bool = Field(
        False,
        description="Whether an organization that is found here alone is an account. "
        "False: it is queued for a person to link.",
    )
    page_size: int | None = Field(
        None,
        gt=0,
        le=1000,
        description="Records to ask for at a time. Default: what the vendor allows, 1000 in "
        "exports and 100 elsewhere.",
    )
    first_day: date | None = Field(
        None,
        description="What last changed before this day is not read at first. Default: everything.",
    )
    with_metric_sets: bool = Field(
        True,
        description="Whether tickets are read with their metrics, which tell the first response.",
    )
    ratings_lookback_days: float = Field(
        30,
        ge=0,
        description="How far back satisfaction ratings are read again, because a customer may "
        "rate, or change a rating, long after being asked.",
    )
    incremental_exports_per_minute: int = Field(
        10, gt=0, description="Requests a minute to the incremental exports; 30 with the add-on."
    )
    requests_per_minute: int = Field(
        200, gt=0, description="Requests a minute to everything else, as the plan allows."
    )
