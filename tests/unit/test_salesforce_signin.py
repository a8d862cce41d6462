"""Signing in to a Salesforce org: three grants, a token that is replaced, and refusals."""

from __future__ import annotations

import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from vendor_reading import Connected, connected

from connectors.errors import PermanentSourceError, TransientSourceError
from connectors.http.message import Request
from connectors.salesforce import Settings
from sandbox.servers.salesforce import System
from sandbox.servers.vendor import Fault

TOKEN = "/oauth2/token"
DOMAIN = "https://acme.my.salesforce.com"
APP = {"client_id": "$SALESFORCE_CLIENT_ID", "client_secret": "$SALESFORCE_CLIENT_SECRET"}


@pytest.fixture
def system() -> System:
    system = System()
    system.fill("users", 2)
    return system


@pytest.fixture
def org(system: System, tmp_path: Path) -> Iterator[Connected]:
    with connected(system, tmp_path) as at:
        yield at


def test_five_lines_are_enough(org: Connected) -> None:
    assert len(org.read("users").records) == 2
    (token,) = [request for request in org.system.seen if TOKEN in request.path]
    assert token.body == b"grant_type=client_credentials"
    assert token.headers["authorization"].startswith("Basic ")


def test_a_signed_statement_is_exchanged_for_a_token(system: System, tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(system.sign_in.private_key)
    auth = {
        "method": "jwt_bearer",
        "issuer": "$SALESFORCE_CLIENT_ID",
        "subject": system.sign_in.username,
        "private_key": f"file:{tmp_path / 'key.pem'}",
    }
    with connected(system, tmp_path, auth=auth) as org:
        assert len(org.read("users").records) == 2
    with (
        connected(system, tmp_path / "other", auth={**auth, "subject": "no@vendor.example"}) as org,
        pytest.raises(PermanentSourceError, match="invalid_grant: user hasn't approved"),
    ):
        org.read("users")


def refreshing(**more: str) -> dict[str, Any]:
    return {"method": "refresh_token", **APP, "refresh_token": "file:token", **more}


def test_a_replaced_refresh_token_is_kept_for_its_owner_alone(
    system: System, tmp_path: Path
) -> None:
    system.sign_in.rotates = True
    kept = tmp_path / "token"
    kept.write_text(system.sign_in.refresh_token)
    kept.chmod(0o600)
    for night in (1, 2):
        with connected(system, tmp_path, auth=refreshing()) as org:
            org.source.client.send(Request("/services/data/v61.0/limits"))
        assert kept.read_text().strip() == f"5Aep861.rotated{night}"
        assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_replaced_refresh_token_needs_a_file(
    system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system.sign_in.rotates = True
    monkeypatch.setenv("SALESFORCE_REFRESH_TOKEN", system.sign_in.refresh_token)
    auth = refreshing(refresh_token="$SALESFORCE_REFRESH_TOKEN")
    with (
        connected(system, tmp_path, auth=auth) as org,
        pytest.raises(PermanentSourceError, match=r"auth\.refresh_token.*write file:PATH") as error,
    ):
        org.read("users")
    assert "5Aep861" not in str(error.value)


def test_an_expired_refresh_token_is_told_in_their_words(system: System, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("5Aep861.old")
    with (
        connected(system, tmp_path, auth=refreshing()) as org,
        pytest.raises(PermanentSourceError, match="expired access/refresh token") as error,
    ):
        org.read("users")
    assert "Check auth in sources.yaml" in str(error.value)
    assert "5Aep861" not in str(error.value)


def test_a_wrong_secret_is_not_shown(org: Connected, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALESFORCE_CLIENT_SECRET", "wrong-s3cret")
    with pytest.raises(PermanentSourceError, match="invalid_client: invalid client") as error:
        org.read("users")
    assert "wrong-s3cret" not in str(error.value)
    assert len(org.seen(TOKEN)) == 1


@pytest.mark.parametrize(
    "fault",
    [
        Fault(TOKEN, status=503, times=99),
        Fault(TOKEN, status=200, body=b"<html>Maintenance</html>", times=99),
    ],
    ids=["503", "a web page"],
)
def test_a_token_endpoint_that_is_out_of_order_may_recover(org: Connected, fault: Fault) -> None:
    org.system.faults.append(fault)
    with pytest.raises(TransientSourceError):
        org.read("users")
    assert len(org.seen(TOKEN)) > 1


def test_a_reply_without_a_token_is_an_error(org: Connected) -> None:
    org.system.faults.append(Fault(TOKEN, status=200, body=b"{}"))
    with pytest.raises(PermanentSourceError, match=r"without an access_token.*token_url"):
        org.read("users")


def test_a_token_for_another_address_is_told(
    org: Connected, caplog: pytest.LogCaptureFixture
) -> None:
    assert isinstance(org.system, System)
    org.system.instance_url = "https://na1.salesforce.com"
    org.read("users")
    assert "the token is for https://na1.salesforce.com but base_url is" in caplog.text


# Settings


def settings(**given: Any) -> Settings:
    return Settings.model_validate({"base_url": DOMAIN, "auth": APP, **given})


JWT = {
    "method": "jwt_bearer",
    "issuer": "app",
    "subject": "a@vendor.example",
    "private_key": "file:key.pem",
}


@pytest.mark.parametrize(
    ("given", "token_url", "audience"),
    [
        ({}, f"{DOMAIN}/services/oauth2/token", None),
        ({"auth": JWT}, f"{DOMAIN}/services/oauth2/token", "https://login.salesforce.com"),
        (
            {"auth": JWT, "base_url": "https://acme--dev.sandbox.my.salesforce.com"},
            "https://acme--dev.sandbox.my.salesforce.com/services/oauth2/token",
            "https://test.salesforce.com",
        ),
        (
            {"auth": JWT, "login_url": "https://test.salesforce.com/"},
            "https://test.salesforce.com/services/oauth2/token",
            "https://test.salesforce.com",
        ),
    ],
)
def test_where_tokens_are_asked_for(
    given: dict[str, Any], token_url: str, audience: str | None
) -> None:
    read = settings(**given)
    assert read.token_url == token_url
    assert audience in (None, read.audience)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"base_url": "https://login.salesforce.com"}, "serves all orgs.*My Domain"),
        ({"login_url": "https://test.salesforce.com"}, "client_credentials does not work at test"),
        ({"login_url": "login.salesforce.com"}, "must be written like https://login"),
        ({"auth": {**JWT, "subject": None}}, r"auth\.subject is missing"),
        ({"auth": {**APP, "client_secret": "abc"}}, "a secret cannot be written here"),
        ({"api_version": "v61"}, "api_version"),
        ({"page_size": 100}, "200 to 2000"),
        ({"streams": ["acounts"]}, r"Did you mean accounts\?"),
        ({"contract_opportunity_types": ["New;Renewal"]}, "an item of its own"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_asked(
    given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=re.compile(words, re.DOTALL)):
        settings(**given)


def test_what_staging_has_to_know() -> None:
    read = settings(contracts_from="assets", contract_opportunity_types=["New", "Renewal"])
    assert read.own_sql_options == {
        "contracts_from": "assets",
        "contract_opportunity_types": "New;Renewal",
    }
