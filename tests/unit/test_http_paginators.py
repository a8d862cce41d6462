"""Turning pages: what the next request is, and when there is none."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from requests.structures import CaseInsensitiveDict

from connectors.errors import PermanentSourceError, TransientSourceError
from connectors.http.message import Reply, Request
from connectors.http.paginators import (
    BodyCursor,
    HeaderCursor,
    NextLink,
    Offset,
    PageNumber,
    Paginator,
)

GET = Request("/things", params={"limit": 2})
POST = Request("/things", method="POST", json={"limit": 2})


def turn(
    paginator: Paginator, body: Any, records: int = 2, request: Request = GET, **headers: str
) -> Request | None:
    named = CaseInsensitiveDict({name.replace("_", "-"): value for name, value in headers.items()})
    return paginator.following(
        request, Reply(200, named, msgspec.json.encode(body), request), records
    )


def test_a_link_is_followed_as_it_is_with_the_query_it_holds() -> None:
    links = NextLink(("links", "next"))
    following = turn(links, {"links": {"next": "/things?at=2"}})
    assert following == Request("/things?at=2")
    for end in ({"links": {"next": None}}, {"links": {"next": ""}}, {"links": {}}, {}):
        assert turn(links, end) is None


def test_a_cursor_goes_into_the_query_or_the_body_beside_what_is_there() -> None:
    body = {"paging": {"next": {"after": "7"}}}
    at = ("paging", "next", "after")
    query = turn(BodyCursor(at, param="after"), body)
    sent = turn(BodyCursor(at, json_key="after"), body, request=POST)
    assert query is not None
    assert query.params == {"limit": 2, "after": "7"}
    assert sent is not None
    assert sent.json == {"limit": 2, "after": "7"}


@pytest.mark.parametrize(
    "end", [{}, {"after": None}, {"after": ""}, {"after": "7", "more": False}, {"after": "7"}]
)
def test_a_cursor_ends_with_none_an_empty_one_or_the_flag(end: dict[str, Any]) -> None:
    assert turn(BodyCursor(("after",), param="after", more_at=("more",)), end) is None


def test_a_cursor_may_end_with_a_value_of_the_vendors_own() -> None:
    ends = BodyCursor(("after",), param="after", end_values=("end",))
    assert turn(ends, {"after": "end"}) is None
    assert turn(ends, {"after": 0}) is not None


def test_a_header_may_hold_the_cursor() -> None:
    locator = HeaderCursor("Sforce-Locator", "locator")
    following = turn(locator, {}, sforce_locator="MTAw")
    assert following is not None
    assert following.params == {"limit": 2, "locator": "MTAw"}
    assert turn(locator, {}, sforce_locator="null") is None
    assert turn(locator, {}) is None


def test_offsets_count_what_came_until_a_short_page() -> None:
    offset = Offset("offset", size=2)
    second = turn(offset, {})
    assert second is not None
    assert second.params["offset"] == 2
    third = turn(offset, {}, request=second)
    assert third is not None
    assert third.params["offset"] == 4
    assert turn(offset, {}, records=1) is None
    assert turn(offset, {}, records=0) is None
    posted = turn(Offset("offset", size=2, json_body=True), {}, request=POST)
    assert posted is not None
    assert posted.json == {"limit": 2, "offset": 2}


@pytest.mark.parametrize("first", [0, 1])
def test_page_numbers_end_with_a_short_page(first: int) -> None:
    pages = PageNumber("page", size=2, first=first)
    second = turn(pages, {})
    assert second is not None
    assert second.params["page"] == first + 1
    third = turn(pages, {}, request=second)
    assert third is not None
    assert third.params["page"] == first + 2
    assert turn(pages, {}, records=1) is None


@pytest.mark.parametrize("first", [0, 1])
def test_page_numbers_end_where_the_total_is_reached(first: int) -> None:
    pages = PageNumber("page", size=2, first=first, total_at=(0, "total"))
    asked = GET.with_params(page=first + 1)
    assert turn(pages, [{"total": 4}], request=asked) is None
    assert turn(pages, [{"total": 5}], request=asked) is not None
    assert turn(pages, [{"total": 5}], records=0, request=asked) is None
    # a short page in the middle is not the end where the total says that there is more
    assert turn(pages, [{"total": 5}], records=1, request=asked) is not None
    assert turn(pages, [{}], records=1, request=asked) is None


def test_page_numbers_go_into_the_body_where_they_are_asked_for_there() -> None:
    following = turn(PageNumber("page", size=2, json_body=True), {}, request=POST)
    assert following is not None
    assert following.json == {"limit": 2, "page": 2}


@pytest.mark.parametrize(
    ("paginator", "body", "request_"),
    [
        (NextLink(("next",)), {"next": "/things"}, Request("/things")),
        (BodyCursor(("after",), param="a"), {"after": "7"}, Request("/things", params={"a": "7"})),
        (
            BodyCursor(("after",), json_key="a"),
            {"after": "7"},
            Request("/things", method="POST", json={"a": "7"}),
        ),
    ],
)
def test_a_page_that_names_itself_as_the_next_one_would_never_end(
    paginator: Paginator, body: Any, request_: Request
) -> None:
    with pytest.raises(PermanentSourceError, match="never end"):
        turn(paginator, body, request=request_)


def test_a_page_of_another_shape_is_no_end() -> None:
    with pytest.raises(TransientSourceError):
        turn(NextLink(("next",)), ["not", "an", "object"])
