"""Replies of Salesforce that nobody here wrote, through the real client and reader.

Every recorded file is served by a server on loopback where it belongs, and what the connector
makes of it is compared with what it says. A file without an expectation fails.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from scripted_http import Answer, Script, scripted

from connectors.errors import (
    NotPermitted,
    PermanentSourceError,
    SourceError,
    TransientSourceError,
)
from connectors.http.message import Request
from connectors.landing import LandingWriter
from connectors.salesforce import Settings
from connectors.salesforce.selection import require, types_of
from connectors.salesforce.source import SalesforceSource
from connectors.salesforce.streams import SObject
from sandbox.servers.salesforce.objects import with_checksum

RECORDED = Path(__file__).parents[3] / "shared" / "fixtures" / "salesforce" / "restforce"
FILES = sorted(str(path.relative_to(RECORDED)) for path in RECORDED.rglob("*.json"))

TOKEN = "/services/oauth2/token"
DESCRIBE = "/services/data/v61.0/sobjects/Whizbang/describe"
QUERY = "/services/data/v61.0/queryAll"
WHIZBANGS = SObject(
    "whizbangs",
    "The object that the recordings are about.",
    key=("Id",),
    cursor_field="SystemModstamp",
    permission="Read on Whizbang",
    object="Whizbang",
    fields=("Text_Field", "Text_Label", "ParentWhizbang__c"),
)
SIGNED_IN = "auth_success_response.json"
DESCRIBED = "sobject/sobject_describe_success_response.json"
NONE = "sobject/query_empty_response.json"
NO_QUERY_REPLY = "another shape|neither is the last|no list of records"

pytestmark = pytest.mark.skipif(not FILES, reason="the recorded replies are not here")


def recorded(file: str) -> bytes:
    return (RECORDED / file).read_bytes()


def says(file: str) -> Any:
    return msgspec.json.decode(recorded(file))


@dataclass
class Org:
    """A server that gives recorded replies: good ones, unless a test says otherwise."""

    script: Script
    folder: Path

    def serve(self, path: str, *files: str, status: int = 200) -> None:
        self.script.answers(path, *(Answer(status, body=recorded(file)) for file in files))

    def source(self) -> SalesforceSource:
        """The connector as a night opens it."""
        given = {
            "base_url": self.script.base_url,
            "auth": {"client_id": "app", "client_secret": "file:secret"},
            "attempts": 2,
        }
        settings = Settings.model_validate(given)
        return SalesforceSource("crm", settings, self.folder, self.script.clock)

    def read(self) -> list[bytes]:
        """What is landed of the stream."""
        with LandingWriter(
            self.folder,
            source="crm",
            kind="salesforce",
            stream=WHIZBANGS,
            run_id="run",
            extracted_at=datetime.now(UTC),
            max_shrink=0.2,
            max_quarantined=1,
        ) as landing:
            result = self.source().extract(WHIZBANGS, None, landing)
            assert result is not None
            paths = landing.commit(result).part_paths(self.folder)
        lines = (gzip.decompress(path.read_bytes()).splitlines() for path in paths)
        return [line for part in lines for line in part]

    def sent(self, path: str) -> list[str]:
        """The Authorization headers of the requests for a path."""
        return [a.headers.get("authorization", "") for a in self.script.asked if a.path == path]


@pytest.fixture
def org(tmp_path: Path) -> Iterator[Org]:
    (tmp_path / "secret").write_text("s3cret")
    with scripted() as script:
        org = Org(script, tmp_path)
        org.serve(TOKEN, SIGNED_IN)
        org.serve(DESCRIBE, DESCRIBED)
        yield org


Expectation = Callable[[Org, str], None]


def records_of(*pages: str) -> Expectation:
    """The records of these pages are landed, each with the bytes received."""

    def expect(org: Org, file: str) -> None:
        first, *further = pages or (file,)
        org.serve(QUERY, NONE, first)
        for page, after in zip(pages, further, strict=False):
            org.serve(says(page)["nextRecordsUrl"], after)
        landed = org.read()
        theirs = [r for page in (first, *further) for r in says(page)["records"]]
        assert [msgspec.json.decode(record) for record in landed] == theirs
        bodies = b"".join(recorded(page) for page in (first, *further))
        assert all(line in _on_one_line(bodies) for line in landed)

    return expect


def _on_one_line(body: bytes) -> bytes:
    return body.translate(bytes.maketrans(b"\n\r", b"  "))


def refused(status: int, error: type[SourceError] = PermanentSourceError) -> Expectation:
    """As the answer to a query it is an error, in the words of its first entry."""

    def expect(org: Org, file: str) -> None:
        org.script.answers(QUERY, Answer(body=recorded(NONE)), Answer(status, body=recorded(file)))
        with pytest.raises(error) as raised:
            org.read()
        assert type(raised.value) is error
        first = says(file)[0]
        for word in first.values() if isinstance(first, dict) else ():
            assert word in str(raised.value)

    return expect


def no_query_reply(org: Org, file: str) -> None:
    """What belongs to another endpoint is no end of a query, and no empty one."""
    org.serve(QUERY, NONE, file)
    with pytest.raises(TransientSourceError, match=NO_QUERY_REPLY):
        org.read()
    org.serve(QUERY, NONE)
    org.serve(DESCRIBE, file)
    with pytest.raises(TransientSourceError, match="another shape"):
        org.read()


def a_token(org: Org, file: str) -> None:
    """It opens the API."""
    org.serve(TOKEN, file)
    org.serve(QUERY, NONE)
    org.read()
    assert set(org.sent(QUERY)) == {f"Bearer {says(file)['access_token']}"}


def no_token(org: Org, file: str) -> None:
    """The credentials are refused, in the server's words."""
    org.serve(TOKEN, file, status=400)
    with pytest.raises(PermanentSourceError) as raised:
        org.read()
    assert says(file)["error_description"] in str(raised.value)
    assert "Check auth in sources.yaml" in str(raised.value)


def a_session_to_renew(org: Org, file: str) -> None:
    """It leads to a new token, and the same question with it."""
    org.serve(TOKEN, SIGNED_IN, "reauth_success_response.json")
    org.script.answers(
        QUERY,
        Answer(401, body=recorded(file)),
        Answer(body=recorded(NONE)),
        Answer(body=recorded("sobject/query_success_response.json")),
    )
    assert len(org.read()) == 1
    tokens = [says(f)["access_token"] for f in (SIGNED_IN, "reauth_success_response.json")]
    assert org.sent(QUERY) == [f"Bearer {token}" for token in (tokens[0], tokens[1], tokens[1])]


def a_description(org: Org, file: str) -> None:
    """It decides which fields are asked for."""
    org.serve(QUERY, NONE)
    org.read()
    query = org.script.asked[-1].query["q"][0]
    assert query.startswith(
        "SELECT Id, SystemModstamp, Text_Field, ParentWhizbang__c FROM Whizbang ORDER BY"
    )
    types = types_of(org.source().client.send(Request(DESCRIBE)))
    assert types == {field["name"]: field["type"] for field in says(file)["fields"]}
    with pytest.raises(PermanentSourceError, match=r"Text_Label.*Did you mean Text_Field\?"):
        require("Text_Label", WHIZBANGS, types)


def no_description(org: Org, file: str) -> None:
    """The object is out of reach."""
    org.serve(DESCRIBE, file, status=404)
    with pytest.raises(NotPermitted, match=r"does not exist.*This stream needs Read on Whizbang"):
        org.read()


def more_choices(org: Org, file: str) -> None:
    """Nothing that can be read on from."""
    org.script.answers(QUERY, Answer(300, body=recorded(file)))
    with pytest.raises(PermanentSourceError, match="answered 300"):
        org.read()


PAGES = ("first", "last")
EXPECTED: Mapping[str, Expectation] = {
    "auth_error_response.json": no_token,
    "auth_success_response.json": a_token,
    "expired_session_response.json": a_session_to_renew,
    "reauth_success_response.json": a_token,
    "refresh_error_response.json": no_token,
    "refresh_success_response.json": a_token,
    "services_data_success_response.json": no_query_reply,
    "sobject/create_success_response.json": no_query_reply,
    "sobject/delete_error_response.json": refused(404, NotPermitted),
    "sobject/describe_sobjects_success_response.json": no_query_reply,
    "sobject/get_deleted_success_response.json": no_query_reply,
    "sobject/get_updated_success_response.json": no_query_reply,
    "sobject/list_sobjects_success_response.json": no_query_reply,
    # Has `records` and `done` as a query has; without an Id, the loader sets its rows aside.
    "sobject/list_view_results_success_response.json": records_of(),
    "sobject/org_query_response.json": records_of(),
    "sobject/query_aggregate_success_response.json": records_of(),
    "sobject/query_empty_response.json": records_of(),
    "sobject/query_error_response.json": refused(400),
    **{
        f"sobject/query_paginated_{page}_page_response.json": records_of(
            *(f"sobject/query_paginated_{each}_page_response.json" for each in PAGES)
        )
        for page in PAGES
    },
    "sobject/query_success_response.json": records_of(),
    "sobject/recent_success_response.json": no_query_reply,
    "sobject/search_error_response.json": refused(400),
    "sobject/search_success_response.json": no_query_reply,
    "sobject/sobject_describe_error_response.json": no_description,
    "sobject/sobject_describe_success_response.json": a_description,
    "sobject/sobject_find_error_response.json": refused(404, NotPermitted),
    "sobject/sobject_find_success_response.json": no_query_reply,
    "sobject/sobject_select_success_response.json": no_query_reply,
    "sobject/upsert_created_success_response.json": no_query_reply,
    "sobject/upsert_error_response.json": refused(404, NotPermitted),
    "sobject/upsert_multiple_error_response.json": more_choices,
    "sobject/write_error_response.json": refused(400),
}


@pytest.mark.parametrize("file", FILES)
def test_recorded_reply(org: Org, file: str) -> None:
    assert file in EXPECTED, "a recorded reply for which nothing is expected"
    EXPECTED[file](org, file)


def test_the_made_up_org_writes_ids_as_the_recorded_ones_are() -> None:
    recorded_ids = {
        record_id
        for file in FILES
        for record_id in re.findall(r'"([a-zA-Z0-9]{18})"', recorded(file).decode())
        if record_id[3:5].isalnum() and any(digit.isdigit() for digit in record_id)
    }
    assert len(recorded_ids) > 5
    assert {with_checksum(record_id[:15]) for record_id in recorded_ids} == recorded_ids
