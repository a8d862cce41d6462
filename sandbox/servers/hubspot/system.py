"""The made-up HubSpot account.

Belongs here: what happens to records, tokens and permissions. Does not: answering requests (api).
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from starlette.routing import Route

from sandbox.servers.hubspot import examples
from sandbox.servers.hubspot.api import Api
from sandbox.servers.hubspot.batch import Batches
from sandbox.servers.hubspot.shelf import Shelf
from sandbox.servers.vendor import Fault, Record, Vendor

TOKEN_LIFE = timedelta(minutes=30)


class System(Vendor):
    """A HubSpot account; streams are called like the types of its objects.

    The limits may be lowered by tests: `page_limit` of a list, `search_limit` of a search page,
    `search_window` (results that one query gives in all), `association_limit` (ids shown inline,
    and in one result of a batch). A change is found by search only `index_lag_s` after it.
    `options` are the values that a property takes, where it does not take any.
    """

    kind = "hubspot"

    def __init__(self) -> None:
        super().__init__()
        self.page_limit = 100
        self.search_limit = 200
        self.search_window = 10_000
        self.association_limit = 500
        self.index_lag_s = 0.0
        self.longest_url = 16_000
        self.forbidden: set[str] = set()
        self.may_write = True
        self.options: dict[tuple[str, str], list[str]] = {}
        self.missing_objects: set[str] = set()
        self.tokens: dict[str, datetime] = {}
        self.shelves = {
            name: Shelf(self.records.setdefault(name, {})) for name in examples.SINGULAR
        }
        self.defined = {name: _own_properties(name) for name in examples.SINGULAR}

    def routes(self) -> list[Route]:
        """See `Vendor`."""
        api = Api(self)
        return [*Batches(self, api).routes(), *api.routes()]

    def settings(self, base_url: str) -> dict[str, Any]:
        """See `Vendor`; the budgets are generous, since this account has no limits of its own."""
        return {
            "kind": "hubspot",
            "base_url": base_url,
            "auth": {"token": "$HUBSPOT_TOKEN"},
            "requests_per_10_s": 100_000,
            "searches_per_s": 10_000,
        }

    def oauth_settings(self, base_url: str) -> dict[str, Any]:
        """Settings that sign in with a refresh token instead."""
        auth = {
            "method": "refresh_token",
            "client_id": "$HUBSPOT_CLIENT_ID",
            "client_secret": "$HUBSPOT_CLIENT_SECRET",
            "refresh_token": "$HUBSPOT_REFRESH_TOKEN",
        }
        return {**self.settings(base_url), "auth": auth}

    def secrets(self) -> dict[str, str]:
        """See `Vendor`."""
        return {
            "HUBSPOT_TOKEN": "pat-eu1-00000000-1111-2222-3333-444444444444",
            "HUBSPOT_CLIENT_ID": "client-of-the-app",
            "HUBSPOT_CLIENT_SECRET": "secret-of-the-app",
            "HUBSPOT_REFRESH_TOKEN": "refresh-token-of-the-account",
        }

    def example(self, stream: str, number: int) -> Record:
        """See `Vendor`."""
        return examples.example(stream, number)

    def key(self, stream: str, record: Record) -> str:
        """See `Vendor`."""
        return str(record["id"])

    def stamp(self, stream: str, record: Record, *, is_new: bool) -> None:
        """See `Vendor`; a time of creation that the record brings is kept."""
        now = _instant(self.now)
        record.setdefault("archived", False)
        record["createdAt"] = record.get("createdAt", now)
        record["updatedAt"] = now
        if stream in examples.SINGULAR:
            properties = record["properties"]
            properties["hs_object_id"] = record["id"]
            created = examples.created_property(stream)
            properties[created] = properties.get(created) or record["createdAt"]
            properties[examples.modified_property(stream)] = now

    def put(self, stream: str, record: Record) -> Record:
        """See `Vendor`; a property that the account does not have yet is defined."""
        if stream not in self.shelves:
            return super().put(stream, record)
        with self._lock:
            held = self.records[stream].get(record["id"])
            kept = self.written.get((stream, record["id"]), {})
            stored = {**record, "properties": {**kept, **record["properties"]}}
            if held and "createdAt" not in stored:
                stored["createdAt"] = held["createdAt"]
            if held and (swallowed := held["properties"].get("hs_merged_object_ids")):
                stored["properties"].setdefault("hs_merged_object_ids", swallowed)
            self.stamp(stream, stored, is_new=held is None)
            self.defined[stream].update(dict.fromkeys(stored["properties"]))
            for to, listed in stored.pop("associations", {}).items():
                self._link(stream, stored["id"], to, listed["results"])
            self.shelves[stream].place(stored, self.now)
            return stored

    def change(self, stream: str, key: str, **properties: str | None) -> Record:
        """Change some properties of a record."""
        held = self.records[stream][key]
        return self.put(stream, {**held, "properties": {**held["properties"], **properties}})

    def associate(self, stream: str, key: str, to: str, *ids: str, primary: bool = False) -> None:
        """Associate a record with others, without it counting as a change of the record."""
        kind = f"{examples.SINGULAR[stream]}_to_{examples.SINGULAR[to]}"
        held = self.shelves[stream].links.get((key, to), [])
        unlabeled = [{"id": each, "type": f"{kind}_unlabeled"} for each in ids]
        first = [{"id": each, "type": kind} for each in ids] if primary else []
        self._link(stream, key, to, [*held, *first, *unlabeled])

    def _link(self, stream: str, key: str, to: str, links: list[Record]) -> None:
        self.shelves[stream].links[key, to] = list(links)

    def delete(self, stream: str, key: str) -> None:
        """Archive an object or an owner; a pipeline is gone."""
        if stream in self.shelves:
            archived = {"archived": True, "archivedAt": _instant(self.now)}
            self.shelves[stream].place({**self.records[stream][key], **archived}, self.now)
        elif stream == "owners":
            self.records[stream][key]["archived"] = True
        else:
            del self.records[stream][key]

    def restore(self, stream: str, key: str) -> Record:
        """Bring an archived object back."""
        held = {k: v for k, v in self.records[stream][key].items() if k != "archivedAt"}
        return self.put(stream, {**held, "archived": False})

    def erase(self, stream: str, key: str) -> None:
        """Delete an object for good: no list shows it any more."""
        self.shelves[stream].remove(int(key))
        del self.records[stream][key]

    def merge(self, stream: str, winner: str, loser: str) -> Record:
        """Merge two objects: one is gone, the other names it and all that it had swallowed."""
        ids = [
            self.records[stream][winner]["properties"].get("hs_merged_object_ids"),
            loser,
            self.records[stream][loser]["properties"].get("hs_merged_object_ids"),
        ]
        self.erase(stream, loser)
        return self.change(stream, winner, hs_merged_object_ids=";".join(filter(None, ids)))

    def is_read_only(self, stream: str, name: str) -> bool:
        """Whether HubSpot alone sets a property."""
        return name.startswith("hs_") or name in ("createdate", "lastmodifieddate")

    def define(self, stream: str, *properties: str) -> None:
        """Give a type of object further properties."""
        self.defined[stream].update(dict.fromkeys(properties))

    def forbid(self, stream: str) -> None:
        """See `Vendor`."""
        self.forbidden.add(stream)

    def daily_quota_spent(self) -> Fault:
        """See `Vendor`."""
        body = (
            b'{"status":"error","message":"You have reached your daily limit.",'
            b'"errorType":"RATE_LIMIT","policyName":"DAILY",'
            b'"correlationId":"c033cdaa-2c40-4a64-ae48-b4cec88dad24"}'
        )
        return Fault(times=1_000_000, status=429, body=body)

    def expire_tokens(self) -> None:
        """See `Vendor`."""
        self.tokens.clear()

    def new_token(self) -> str:
        """An access token, good for half an hour."""
        token = f"access-{secrets.token_hex(12)}"
        self.tokens[token] = self.now + TOKEN_LIFE
        return token

    def accepts(self, token: str) -> bool:
        """Whether a bearer token is good."""
        until = self.tokens.get(token)
        return token == self.secrets()["HUBSPOT_TOKEN"] or (until is not None and until > self.now)


def _own_properties(stream: str) -> dict[str, None]:
    """The properties that every account has, in order."""
    names: Mapping[str, Any] = examples.example(stream, 1)["properties"]
    times = ("hs_object_id", examples.created_property(stream), examples.modified_property(stream))
    return dict.fromkeys([*names, *times])


def _instant(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
