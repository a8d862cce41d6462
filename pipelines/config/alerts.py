"""alerts.yaml: who is told when a night fails or a source stays silent.

Belongs here: the file's keys. Does not: when anybody is told, or what.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, model_validator

from connectors.secrets import is_reference
from pipelines.config.base import PositiveAmount, Section, Text
from pipelines.config.errors import Fault, raise_if_any


def _reference(value: str) -> str:
    if not is_reference(value):
        raise ValueError(
            "a secret cannot be written here; put it into an environment variable and write "
            "$NAME, or into a file and write file:PATH"
        )
    return value


def _web_address(value: str) -> str:
    if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).hostname:
        raise ValueError(f'"{value}" is not a web address; write it like https://dagster.acme.com')
    return value


SecretReference = Annotated[Text, AfterValidator(_reference)]
Address = Annotated[Text, Field(pattern=r"^[^@\s,]+@[^@\s,]+$")]


class Webhook(Section):
    """A channel that takes `{"text": ...}` by POST: Slack, Mattermost, Rocket.Chat and others."""

    url: SecretReference = Field(
        description="Where the channel's address is found: $NAME or file:PATH. Whoever knows it "
        "can post, so that it is a secret."
    )


class Email(Section):
    """A mail server, and who gets mail."""

    host: Text = Field(description="The mail server's name.")
    port: Annotated[int, Field(strict=True, ge=1, le=65535)] = Field(587, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        "starttls",
        description="How the connection is encrypted: upgraded (587), from the start (465), or "
        "not, which is for a server on the same machine.",
    )
    username: Text | None = Field(None, description="Name to sign in with, if it asks for one.")
    password: SecretReference | None = Field(
        None, description="Where the password is found: $NAME or file:PATH."
    )
    from_: Address = Field(alias="from", description="The address that mail comes from.")
    to: list[Address] = Field(min_length=1, description="The addresses that it goes to.")

    @model_validator(mode="after")
    def _can_sign_in(self) -> Email:
        raise_if_any(self._faults())
        return self

    def _faults(self) -> Iterator[Fault]:
        if (self.username is None) != (self.password is None):
            missing = "password" if self.password is None else "username"
            yield Fault((missing,), "is missing; to sign in both are needed")
        if self.security == "none" and self.password is not None:
            yield Fault(("security",), "a password is not sent unencrypted; use starttls or tls")


class AlertsFile(Section):
    """Who is told, and how often."""

    webhook: Webhook | None = Field(None, description="A chat channel.")
    email: Email | None = Field(None, description="Mail.")
    repeat_hours: PositiveAmount = Field(
        24.0, description="What stays broken is told again after so many hours."
    )
    silent_hours: PositiveAmount = Field(
        30.0, description="Told when nothing has been published for so many hours."
    )
    link: Annotated[Text, AfterValidator(_web_address)] | None = Field(
        None, description="Where Dagster is found, for a link in the message."
    )

    @property
    def reaches_anybody(self) -> bool:
        """Whether there is a channel at all."""
        return self.webhook is not None or self.email is not None

    @classmethod
    def read(cls, data: Any) -> AlertsFile:
        """Validate what the file says. Raises pydantic's ValidationError."""
        return cls.model_validate(data)
