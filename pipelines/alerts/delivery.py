"""Sending a message to every channel that is configured.

Belongs here: a webhook's and a mail server's protocol. Does not: what is said, or when.
"""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import requests

from connectors.errors import SourceError
from connectors.secrets import resolve
from pipelines.alerts.message import Alert
from pipelines.config.alerts import AlertsFile, Email, Webhook

SUBJECT = "cs-coverage"
_TIMEOUT_SECONDS = 20


class NotDelivered(Exception):
    """A channel did not take the message; says which, why, and what to do. Shows no secret."""


def deliver(alert: Alert, config: AlertsFile, config_dir: Path) -> tuple[str, ...]:
    """Send to all channels, each whatever becomes of the others.

    Returns what was wrong with those that failed. Raises `NotDelivered` when no channel took it,
    so that the caller can try again without telling anybody twice.
    """
    channels: list[Callable[[], None]] = []
    if webhook := config.webhook:
        channels.append(lambda: _post(alert, webhook, config_dir))
    if email := config.email:
        channels.append(lambda: _mail(alert, email, config_dir))
    failures = []
    for send in channels:
        try:
            send()
        except (NotDelivered, SourceError) as error:
            failures.append(str(error))
    if failures and len(failures) == len(channels):
        raise NotDelivered("; ".join(failures))
    return tuple(failures)


def _post(alert: Alert, webhook: Webhook, config_dir: Path) -> None:
    url = resolve(webhook.url, "alerts.yaml: webhook.url", config_dir)
    text = f"*{SUBJECT}: {alert.title}*\n{alert}"
    try:
        reply = requests.post(url, json={"text": text}, timeout=_TIMEOUT_SECONDS)
    except requests.RequestException as error:
        # The exception's own words hold the address, which is a secret.
        raise NotDelivered(
            f"webhook: the channel could not be reached ({type(error).__name__}); check the "
            "address in alerts.yaml: webhook.url, and that this machine may reach it"
        ) from None
    if not reply.ok:
        raise NotDelivered(
            f"webhook: the channel answered {reply.status_code}; make a new webhook and put its "
            "address where alerts.yaml: webhook.url says"
        )


def _mail(alert: Alert, email: Email, config_dir: Path) -> None:
    password = (
        resolve(email.password, "alerts.yaml: email.password", config_dir)
        if email.password
        else None
    )
    message = EmailMessage()
    message["Subject"] = f"{SUBJECT}: {alert.title}"
    message["From"] = email.from_
    message["To"] = ", ".join(email.to)
    message.set_content(str(alert))
    try:
        with _connected(email) as server:
            if email.username and password:
                server.login(email.username, password)
            server.send_message(message)
    except smtplib.SMTPAuthenticationError:
        raise NotDelivered(
            f"email: {email.host} refused username and password; check alerts.yaml: "
            "email.username and what email.password names"
        ) from None
    except (smtplib.SMTPException, OSError) as error:
        raise NotDelivered(
            f"email: {email.host}:{email.port} did not take the message "
            f"({type(error).__name__}: {error}); check host, port and security in alerts.yaml"
        ) from None


def _connected(email: Email) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if email.security == "tls":
        return smtplib.SMTP_SSL(email.host, email.port, timeout=_TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(email.host, email.port, timeout=_TIMEOUT_SECONDS)
    if email.security == "starttls":
        server.starttls(context=context)
    return server
