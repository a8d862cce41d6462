"""What a person writes in `sources.yaml` to connect Google Calendar.

Belongs here: Google Calendar's own keys. Does not: keys that all sources share.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated, ClassVar, Literal

from pydantic import Field, field_validator

from connectors.google_calendar.streams import STREAMS
from connectors.http.auth import JwtBearer, RefreshToken
from connectors.http.settings import ApiSettings
from connectors.stream import Stream

_GROUPS = "group.calendar.google.com"  # shared calendars, which are nobody's own


class Settings(ApiSettings):
    """The calendars of some people."""

    all_streams: ClassVar[tuple[Stream, ...]] = STREAMS
    default_auth_method: ClassVar[str | None] = "jwt_bearer"

    kind: Literal["google_calendar"] = "google_calendar"
    base_url: str = Field(
        "https://www.googleapis.com/calendar/v3", description="Where the API is, with https://."
    )
    auth: Annotated[JwtBearer | RefreshToken, Field(discriminator="method")]
    calendars: list[str] = Field(
        min_length=1,
        description="The calendars to read: their identifiers, which for a person's own calendar "
        "is the person's email address.",
    )
    own_domains: list[str] = Field(
        default_factory=list,
        description="Further email domains of your own people. Default: those of the calendars.",
    )
    first_day: date | None = Field(
        None,
        description="Events that ended before this day are not read. Default: all are. An earlier "
        "day reads the calendars again; a later one changes nothing.",
    )
    page_size: int | None = Field(
        None, gt=0, le=2500, description="Events to ask for at a time. Default: 2500, the most."
    )
    requests_per_minute: int = Field(
        600, gt=0, description="Requests a minute, as the project's quota allows."
    )

    @field_validator("calendars")
    @classmethod
    def _each_once(cls, calendars: list[str]) -> list[str]:
        for calendar in calendars:
            if calendars.count(calendar) > 1:
                raise ValueError(f"{calendar} is listed twice")
            if calendar == "primary":
                raise ValueError('write the email address of the calendar\'s owner, not "primary"')
        return calendars

    @property
    def own_sql_options(self) -> dict[str, str]:
        """Whose meetings these are; see `ApiSettings`."""
        of_calendars = {calendar.rpartition("@")[2].lower() for calendar in self.calendars}
        own = {domain.lower() for domain in self.own_domains} | of_calendars
        return {"own_domains": ";".join(sorted(own - {_GROUPS}))}
