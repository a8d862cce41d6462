"""What every source that speaks HTTP must do about permission, quotas, secrets and settings.

As test_http_source_contract.py, whose second half this is: every kind gets it by being registered.
"""

from __future__ import annotations

import logging

import msgspec
import pytest
from http_subject import KINDS, Subject, each_of, kind_of, streams_of
from pydantic import ValidationError

from connectors.errors import DailyQuotaSpent, NotPermitted, SourceError
from connectors.stream import Stream
from pipelines.config.explain import faults_of
from sandbox.servers.vendor import Fault

MANY = 10**6
MAY_BE_WRITTEN = {"username", "email", "client_id", "issuer", "subject", "key_id"}

every_kind = pytest.mark.parametrize("kind", KINDS)
every_stream = each_of(streams_of)


@every_stream
def test_a_stream_that_is_forbidden_says_what_it_needs(subject: Subject, stream: Stream) -> None:
    subject.fill(2)
    try:
        subject.vendor.forbid(stream.name)
    except ValueError as cannot:
        pytest.skip(f"cannot be refused alone: {cannot}")
    reader = subject.connect()
    with pytest.raises(NotPermitted) as raised:
        reader.read(stream.name)
    assert f"{reader.source.name}.{stream.name}" in str(raised.value)
    assert str(stream.permission) in str(raised.value)


@every_kind
def test_one_forbidden_stream_leaves_the_others_readable(subject: Subject) -> None:
    subject.fill(2)
    forbidden = streams_of(subject.kind)[-1]
    subject.vendor.forbid(forbidden.name)
    reader = subject.connect()
    refused = set()
    for stream in streams_of(subject.kind):
        try:
            reader.read(stream.name)
        except NotPermitted:
            refused.add(stream.name)
    assert refused == {forbidden.name}


@every_kind
def test_a_spent_daily_quota_stops_every_stream(subject: Subject) -> None:
    spent = subject.vendor.daily_quota_spent()
    if spent is None:
        pytest.skip("the system has no daily quota")
    subject.fill(2)
    reader = subject.connect()
    names = [stream.name for stream in streams_of(subject.kind)]
    reader.read(names[0])
    with subject.faults(spent):
        with pytest.raises(DailyQuotaSpent):
            reader.read(names[0])
        asked = len(subject.vendor.seen)
        for name in names:
            with pytest.raises(DailyQuotaSpent):
                reader.read(name)
        assert len(subject.vendor.seen) == asked


@every_kind
def test_secrets_are_nowhere_but_in_requests(
    subject: Subject, caplog: pytest.LogCaptureFixture
) -> None:
    subject.fill(3)
    caplog.set_level(logging.DEBUG)
    reader = subject.connect(attempts=1, max_wait_minutes=0)
    names = [stream.name for stream in streams_of(subject.kind)]
    for name in names:
        reader.read(name)
    said = [caplog.text, reader.landed_bytes().decode(), repr(reader.source.client)]
    secrets = [value for value in subject.vendor.secrets().values() if value]
    for seen in subject.vendor.seen:
        proofs = (seen.headers.get(name, "") for name in ("authorization", "accesskey"))
        secrets += [proof.split(" ")[-1] for proof in proofs if proof]
    echo = msgspec.json.encode({"echo": secrets})
    for status in (400, 401, 403, 429, 500):
        with subject.faults(Fault(times=MANY, status=status, body=echo)):
            for refused in (reader, subject.connect(attempts=1, max_wait_minutes=0)):
                with pytest.raises(SourceError) as raised:
                    refused.read(names[0])
                said += [str(raised.value), repr(raised.value)]
    said.append(caplog.text)
    for text in said:
        for secret in secrets:
            assert secret not in text


@every_kind
def test_credentials_that_are_missing_or_wrong_are_said_with_their_place(
    subject: Subject, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject.fill(1)
    name = streams_of(subject.kind)[0].name
    for variable, value in subject.vendor.secrets().items():
        if "PRIVATE KEY" not in value:
            monkeypatch.setenv(variable, f"wrong-{value}")
    if not any("PRIVATE KEY" in value for value in subject.vendor.secrets().values()):
        with pytest.raises(SourceError) as wrong:
            subject.connect(attempts=1).read(name)
        assert not wrong.value.is_transient
        for value in subject.vendor.secrets().values():
            assert value not in str(wrong.value)
    for variable in subject.vendor.secrets():
        monkeypatch.delenv(variable)
    with pytest.raises(SourceError, match=r"in sources\.yaml") as missing:
        subject.connect().read(name)
    assert not missing.value.is_transient


# Settings


def words_about(subject: Subject, **changed: object) -> str:
    """What a person is told of such settings."""
    model = kind_of(subject.kind).settings
    with pytest.raises(ValidationError) as raised:
        model.model_validate(subject.settings(**changed))
    return "; ".join(
        f"{'.'.join(map(str, fault.path))}: {fault.message}"
        for fault in faults_of(raised.value, model)
    )


@every_kind
def test_settings_that_are_wrong_are_explained(subject: Subject) -> None:
    known = streams_of(subject.kind)[0].name
    assert known in words_about(subject, streams=[f"{known}x"])
    assert "pagesize" in words_about(subject, pagesize=5)
    assert "https://" in words_about(subject, base_url="acme")
    model = kind_of(subject.kind).settings
    chosen = model.model_validate(subject.settings(streams=[known]))
    source = kind_of(subject.kind).open_source("chosen", chosen, subject.home.root)
    assert [stream.name for stream in source.streams] == [known]


@every_kind
def test_a_secret_that_is_written_down_is_refused_without_being_shown(subject: Subject) -> None:
    auth = subject.settings()["auth"]
    secret_keys = [
        key
        for key, value in auth.items()
        if str(value).startswith("$") and key not in MAY_BE_WRITTEN
    ]
    assert secret_keys
    for key in secret_keys:
        words = words_about(subject, auth={**auth, key: "pl41n-s3cret"})
        assert key in words
        assert "pl41n-s3cret" not in words
