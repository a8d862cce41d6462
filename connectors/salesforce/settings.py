"""What a person may write in `sources.yaml` under a Salesforce source.

Belongs here: the keys, and telling early what cannot work. Does not: using them.
"""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from connectors.http.auth import ClientCredentials, JwtBearer, RefreshToken
from connectors.http.settings import ApiSettings
from connectors.salesforce.streams import STREAMS

_SHARED_LOGIN = ("login.salesforce.com", "test.salesforce.com")
_MY_DOMAIN = "https://YOURCOMPANY.my.salesforce.com (Setup › My Domain)"
_PAGE_SIZES = range(200, 2001)
_TOKEN_PATH = "/services/oauth2/token"  # noqa: S105

Auth = Annotated[ClientCredentials | JwtBearer | RefreshToken, Field(discriminator="method")]


class Settings(ApiSettings):
    """A Salesforce org."""

    all_streams: ClassVar = STREAMS
    default_auth_method: ClassVar[str | None] = "client_credentials"

    kind: Literal["salesforce"] = "salesforce"
    base_url: str = Field(description=f"The org's My Domain: {_MY_DOMAIN}.")
    auth: Auth = Field(
        description="How to sign in: client_credentials (the default), jwt_bearer or "
        "refresh_token, of a connected app."
    )
    login_url: str | None = Field(
        None,
        description="Where tokens are asked for. Default: base_url. For jwt_bearer it is also the "
        "audience, by default https://login.salesforce.com (https://test.salesforce.com for a "
        "sandbox).",
    )
    api_version: str = Field(
        "61.0", pattern=r"^\d{2,3}\.0$", description="REST API version, like 61.0."
    )
    contracts_from: Literal["opportunities", "contracts", "assets"] = Field(
        "opportunities", description="Which object contracts are made of."
    )
    contract_opportunity_types: list[str] = Field(
        default_factory=list,
        description="Values of Opportunity.Type that are contracts, like New Business and "
        "Renewal. Default: every won opportunity is one.",
    )
    bulk_above: int = Field(
        200_000,
        ge=0,
        description="An object with more records than this is loaded in full through Bulk API "
        "2.0 instead of REST.",
    )
    bulk_max_wait_minutes: float = Field(
        120, gt=0, description="How long to wait for Salesforce to finish a bulk query."
    )
    full_read_every_days: float | None = Field(
        30,
        gt=0,
        description="After so many days an object is read in full again, which finds records "
        "that were removed for good and values of formulas, whose change no date tells.",
    )
    daily_quota_share: float = Field(
        0.8,
        gt=0,
        le=1,
        description="Stop for today when the org has used more than this share of its daily API "
        "requests, whoever used them.",
    )

    @property
    def own_sql_options(self) -> dict[str, str]:
        """What staging needs to know."""
        return {
            "contracts_from": self.contracts_from,
            "contract_opportunity_types": ";".join(self.contract_opportunity_types),
        }

    @property
    def token_url(self) -> str:
        """Where tokens are asked for."""
        return self.auth.token_url or (self.login_url or self.base_url) + _TOKEN_PATH

    @property
    def audience(self) -> str:
        """For whom a JWT is meant."""
        given = self.auth.audience if isinstance(self.auth, JwtBearer) else None
        is_sandbox = ".sandbox." in urlsplit(self.base_url).netloc
        usual = f"https://{_SHARED_LOGIN[is_sandbox]}"
        return given or self.login_url or usual

    def made_of(self, entity: str) -> tuple[str, ...]:
        """The streams whose records become rows of a canonical entity."""
        if entity == "contracts":
            return (self.contracts_from,)
        return tuple(stream.name for stream in STREAMS if entity in stream.feeds)

    @field_validator("base_url")
    @classmethod
    def _is_my_domain(cls, base_url: str) -> str:
        if urlsplit(base_url).netloc in _SHARED_LOGIN:
            raise ValueError(f"{base_url} serves all orgs; write your own address: {_MY_DOMAIN}")
        return base_url

    @field_validator("login_url")
    @classmethod
    def _without_path(cls, login_url: str | None) -> str | None:
        if login_url is None:
            return None
        parts = urlsplit(login_url)
        if parts.scheme not in ("https", "http") or parts.path.strip("/") or parts.query:
            raise ValueError(f'"{login_url}" must be written like https://login.salesforce.com')
        return login_url.rstrip("/")

    @field_validator("page_size")
    @classmethod
    def _is_a_page_size(cls, page_size: int | None) -> int | None:
        if page_size is not None and page_size not in _PAGE_SIZES:
            raise ValueError("Salesforce gives pages of 200 to 2000 records")
        return page_size

    @field_validator("contract_opportunity_types")
    @classmethod
    def _can_be_listed(cls, types: list[str]) -> list[str]:
        for each in types:
            if ";" in each:
                raise ValueError(f'"{each}": write each type as an item of its own, without ;')
        return types

    @model_validator(mode="after")
    def _method_works_there(self) -> Settings:
        if isinstance(self.auth, ClientCredentials):
            host = urlsplit(self.token_url).netloc
            if host in _SHARED_LOGIN:
                raise ValueError(
                    f"client_credentials does not work at {host}: leave login_url out, so that "
                    f"tokens are asked for at base_url, the org's My Domain: {_MY_DOMAIN}"
                )
        if isinstance(self.auth, JwtBearer) and not self.auth.subject:
            raise ValueError(
                "auth.subject is missing: jwt_bearer needs the user name (like "
                "pipeline@example.com) that the connected app acts as"
            )
        return self
