"""`make bench`: how fast records of an API are landed and loaded, beside reading and dropping them.

Belongs here: two vendors' pages, encoded beforehand and served by another process; reading them
in four ways, each in a process of its own. Does not: asserting a time; machines differ, so each
way is shown as a ratio to two floors of the same run: pages dropped unseen, which does not even
look whether they are whole, and pages whose JSON is parsed once and then dropped, the least that
a tool can do which knows one record from another.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
import requests
from rich.console import Console
from rich.table import Table

from connectors import registry
from connectors.http.budget import Budget
from connectors.http.source import ApiSource
from pipelines.extraction import Errand, landed
from pipelines.home import Home
from pipelines.sources import OpenSource
from pipelines.warehouse.connection import warehouse
from pipelines.warehouse.load import apply_batch

PAGE = {"hubspot": 100, "salesforce": 2_000}
STREAM = {"hubspot": "companies", "salesforce": "opportunities"}
WAYS = ("drain", "parsed drain", "landing", "landing and load")
BEGAN = datetime(2024, 1, 1, tzinfo=UTC)
WORDS = re.findall(
    r"[a-z]+",
    "northwind traders fabrikam contoso adventure works tailspin toys litware proseware coho "
    "vineyard blue yonder airlines city power light graphic design institute humongous insurance "
    "lucerne publishing margie travel onboarding renewal expansion executive sponsor integration",
)

Record = dict[str, Any]


def main() -> None:
    """Measure both shapes in all ways, alternating, and show medians.

    Ratios are by the clock and, in brackets, in processor seconds.
    """
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--records", type=int, default=200_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--shape", choices=[*PAGE], action="append")
    parser.add_argument("--serve", choices=[*PAGE], help=argparse.SUPPRESS)
    parser.add_argument("--read", nargs=3, metavar=("SHAPE", "WAY", "URL"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.serve:
        asyncio.run(serve(given.serve, given.records))
    elif given.read:
        print(msgspec.json.encode(read(*given.read, given.records)).decode())
    else:
        table = Table(
            *("shape", "way", "seconds", "processor s", "records/s", "peak MB"),
            *("ratio to the drain", "to the parsed drain"),
        )
        for shape in given.shape or PAGE:
            for row in measure(shape, given.records, given.repeats):
                table.add_row(*row)
        Console(width=130).print(table)


def measure(shape: str, records: int, repeats: int) -> Iterator[tuple[str, ...]]:
    """Rows of the result, one a way."""
    server = _again("--serve", shape, "--records", str(records), stdout=subprocess.PIPE)
    assert server.stdout is not None
    try:
        url = server.stdout.readline().decode().strip()
        runs: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
        for number in range(repeats):
            for way in WAYS if number % 2 == 0 else reversed(WAYS):
                reader = _again(
                    *("--read", shape, way, url, "--records", str(records)), stdout=subprocess.PIPE
                )
                runs[way].append(msgspec.json.decode(reader.communicate()[0]))
    finally:
        server.terminate()
        server.wait()
    middle = {
        way: {what: median(run[what] for run in done) for what in done[0]}
        for way, done in runs.items()
    }
    for way, took in middle.items():
        ratios = (
            " ".join(f(took[what] / middle[floor][what]) for what, f in _RATIOS)
            for floor in ("drain", "parsed drain")
        )
        yield (
            *(shape, way, f"{took['seconds']:.2f}", f"{took['processor']:.2f}"),
            *(f"{records / took['seconds']:,.0f}", f"{took['peak_mb']:,.0f}", *ratios),
        )


_RATIOS = (("seconds", "{:.2f}".format), ("processor", "({:.2f})".format))


def _again(*arguments: str, stdout: int) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, __file__, *arguments], stdout=stdout)


# Reading


def read(shape: str, way: str, url: str, records: int) -> dict[str, float]:
    """Read everything once in this process; how long it took, and its peak memory."""
    if way in ("drain", "parsed drain"):
        parse = msgspec.json.decode if way == "parsed drain" else None
        took = timed(lambda: drain(shape, url, records, parse))
    else:
        with TemporaryDirectory() as folder:
            home = Home(Path(folder))
            errand = Errand(home, connect(shape, url), stream_of(shape), "run", None)
            took = timed(lambda: land(errand, records, is_loaded=way == "landing and load"))
    return {**took, "peak_mb": _peak_mb()}


def drain(
    shape: str, url: str, records: int, parse: Callable[[bytes], object] | None = None
) -> None:
    """The least there is to do: ask for every page, read it, perhaps parse it, drop it."""
    with requests.Session() as session:
        for start in range(0, records, PAGE[shape]):
            page = session.get(f"{url}/page/{start}").content
            if parse:
                parse(page)


def land(errand: Errand, records: int, *, is_loaded: bool) -> None:
    """Read as a night reads."""
    found = 0
    with warehouse(errand.home.warehouse) as con:
        for manifest in landed(errand):
            found += manifest.records
            if is_loaded:
                apply_batch(con, errand.home.landing, manifest)
    assert found == records, f"{found} of {records} records were landed"


def connect(shape: str, url: str) -> OpenSource:
    """The real connector, without the vendor's rate limit."""
    os.environ["BENCHMARK_SECRET"] = "any"
    auth = {
        "hubspot": {"token": "$BENCHMARK_SECRET"},
        "salesforce": {"client_id": "any", "client_secret": "$BENCHMARK_SECRET"},
    }[shape]
    kind = registry.kind(shape)
    steps = {"records_per_batch": 1_000_000}  # one: this server does not know what changed since
    settings = kind.settings.model_validate({"base_url": url, "auth": auth, **steps})
    source = kind.open_source(shape, settings, Path())
    assert isinstance(source, ApiSource)
    source.client.budgets = {"default": Budget(1_000_000, 1, source.clock)}
    return OpenSource(source, settings)


def stream_of(shape: str) -> Any:
    """The stream of the shape, as its connector declares it."""
    streams = registry.kind(shape).settings.all_streams  # type: ignore[attr-defined]
    return next(stream for stream in streams if stream.name == STREAM[shape])


def timed(work: Callable[[], object]) -> dict[str, float]:
    """Seconds that `work` takes, on the clock and of all processors."""
    started, spent = time.perf_counter(), time.process_time()
    work()
    return {
        "seconds": time.perf_counter() - started,
        "processor": time.process_time() - spent,
    }


def _peak_mb() -> float:
    # Not getrusage: its peak is inherited from the process that started this one.
    status = Path("/proc/self/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


# Serving


async def serve(shape: str, records: int) -> None:
    """Answer with pages that are encoded before the first request; prints its address."""
    answer = {"hubspot": hubspot, "salesforce": salesforce}[shape](records)
    server = await asyncio.get_running_loop().create_server(lambda: Raw(answer), "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


class Raw(asyncio.Protocol):
    """Just enough HTTP: one request at a time, bodies of requests ignored."""

    def __init__(self, answer: Callable[[str, str], bytes]) -> None:
        self._answer, self._buffer, self._to_skip = answer, b"", 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        lengths = [h for h in head.lower().split(b"\r\n") if h.startswith(b"content-length:")]
        if not end or len(rest) < (int(lengths[0].split(b":")[1]) if lengths else 0):
            return
        self._buffer = b""
        url = urlsplit(head.split(b" ", 2)[1].decode())
        self._transport.write(self._answer(url.path, url.query))


def hubspot(records: int) -> Callable[[str, str], bytes]:
    """Companies in pages of 100."""
    chance = random.Random(1)
    pages = {}
    for start in range(0, records, PAGE["hubspot"]):
        following = start + PAGE["hubspot"]
        page: Record = {"results": [_company(chance, n) for n in range(start, following)]}
        if following < records:
            page["paging"] = {"next": {"after": str(following), "link": "https://api.hubapi.com"}}
        pages[str(start)] = _reply(page)
    properties = _reply({"results": [{"name": name} for name in _company(chance, 0)["properties"]]})
    nothing = _reply({"results": []})

    def answer(path: str, query: str) -> bytes:
        if path.startswith("/page/"):
            return pages[path.rpartition("/")[2]]
        if "/properties" in path:
            return properties
        asked = dict(part.split("=", 1) for part in query.split("&"))
        return nothing if asked.get("archived") == "true" else pages[asked.get("after", "0")]

    return answer


def salesforce(records: int) -> Callable[[str, str], bytes]:
    """Opportunities in pages of 2,000."""
    chance = random.Random(1)
    pages = {}
    for start in range(0, records, PAGE["salesforce"]):
        following = start + PAGE["salesforce"]
        page: Record = {"totalSize": records, "done": following >= records}
        if following < records:
            page["nextRecordsUrl"] = f"/services/data/v61.0/query/0r8xx-{following}"
        page["records"] = [_opportunity(chance, n) for n in range(start, following)]
        pages[str(start)] = _reply(page)
    names = [name for name in _opportunity(chance, 0) if name != "attributes"]
    described = _reply({"fields": [{"name": name, "type": "string"} for name in names]})
    counted = _reply({"totalSize": records, "done": True, "records": []})
    token = _reply({"access_token": "any"})

    def answer(path: str, query: str) -> bytes:
        if path.endswith("/token"):
            return token
        if path.endswith("/describe"):
            return described
        if "count(" in unquote(query).lower():
            return counted
        if path.endswith("/queryAll"):
            return pages["0"]
        return pages[path.replace("-", "/").rpartition("/")[2]]

    return answer


def _reply(content: Any) -> bytes:
    body = msgspec.json.encode(content)
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
        + str(len(body)).encode()
        + b"\r\n\r\n"
        + body
    )


def _text(chance: random.Random, words: int) -> str:
    return " ".join(chance.choices(WORDS, k=words)).title()


def _time(chance: random.Random, number: int) -> str:
    moment = BEGAN + timedelta(seconds=30 * number + chance.random())
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}"


def _company(chance: random.Random, number: int) -> Record:
    created, changed = (_time(chance, number) + "Z" for _ in range(2))
    identity = str(10_000_000_000 + number)
    name = _text(chance, 3)
    domain = f"{name.split()[0].lower()}{number}.example.com"
    properties = {
        "name": name,
        "domain": domain,
        "website": f"https://www.{domain}/",
        "industry": _text(chance, 2).upper().replace(" ", "_"),
        "country": chance.choice(("Germany", "United Kingdom", "United States", "Österreich")),
        "city": _text(chance, 1),
        "numberofemployees": str(chance.randrange(5, 50_000)),
        "annualrevenue": str(chance.randrange(10**5, 10**9)),
        "lifecyclestage": chance.choice(("customer", "opportunity", "lead")),
        "hubspot_owner_id": str(chance.randrange(10**8, 10**9)),
        "hs_parent_company_id": None,
        "hs_merged_object_ids": None,
        "salesforceaccountid": f"001{chance.randrange(10**14, 10**15)}",
        "description": _text(chance, 30),
        "hs_object_id": identity,
        "createdate": created,
        "hs_lastmodifieddate": changed,
        "notes_last_updated": _time(chance, number) + "Z",
        "num_associated_contacts": str(chance.randrange(40)),
        "phone": f"+49 {chance.randrange(10**9, 10**10)}",
        "hs_analytics_source": "OFFLINE",
        "segment__c": chance.choice(("smb", "mid_market", "enterprise")),
    }
    return {
        "id": identity,
        "properties": properties,
        "createdAt": created,
        "updatedAt": changed,
        "archived": False,
    }


def _opportunity(chance: random.Random, number: int) -> Record:
    identity = f"006{number:015d}"
    account = f"001{chance.randrange(10**14, 10**15)}"
    url = f"/services/data/v61.0/sobjects/Opportunity/{identity}"
    return {
        "attributes": {"type": "Opportunity", "url": url},
        "Id": identity,
        "IsDeleted": False,
        "AccountId": account,
        "Name": _text(chance, 5),
        "Description": _text(chance, 40),
        "StageName": chance.choice(("Closed Won", "Closed Lost", "Negotiation/Review")),
        "Amount": chance.randrange(10**3, 10**6) / 4,
        "Probability": float(chance.randrange(101)),
        "ExpectedRevenue": chance.randrange(10**3, 10**6) / 4,
        "TotalOpportunityQuantity": None,
        "CloseDate": _time(chance, number)[:10],
        "Type": chance.choice(("New Business", "Renewal", "Upsell")),
        "NextStep": _text(chance, 8),
        "LeadSource": chance.choice(("Web", "Partner Referral", None)),
        "IsClosed": True,
        "IsWon": chance.random() < 0.5,
        "ForecastCategory": "Closed",
        "CurrencyIsoCode": chance.choice(("EUR", "USD", "GBP")),
        "CampaignId": None,
        "HasOpportunityLineItem": True,
        "Pricebook2Id": f"01s{chance.randrange(10**14, 10**15)}",
        "OwnerId": f"005{chance.randrange(10**14, 10**15)}",
        "CreatedDate": _time(chance, number) + "+0000",
        "CreatedById": f"005{chance.randrange(10**14, 10**15)}",
        "LastModifiedDate": _time(chance, number) + "+0000",
        "LastModifiedById": f"005{chance.randrange(10**14, 10**15)}",
        "SystemModstamp": _time(chance, number) + "+0000",
        "LastActivityDate": _time(chance, number)[:10],
        "FiscalQuarter": 2,
        "FiscalYear": 2026,
        "ContactId": f"003{chance.randrange(10**14, 10**15)}",
        "ContractId": None,
        "ARR__c": chance.randrange(10**3, 10**6) / 4,
        "Auto_Renew__c": True,
    }


if __name__ == "__main__":
    main()
