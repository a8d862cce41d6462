"""Which records are one account (semantics.md 3.18; map_account_identity, ops_identity_queue).

Belongs here: the rules in their order, for records that point to sources named before their own,
as those of the made-up firm do. Does not: who is who in truth, which the tests hold against it.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from oracle.names import comparable, similarity
from oracle.world import Row, World

LIKELY = 0.95
"""Names at least this similar are suggested to a person (semantics.md 3.18)."""


@dataclass(frozen=True)
class AccountRecord:
    """What a system's record of a customer says of who it is.

    `account` is the customer in truth, None for one that the firm does not have. `domain` is None
    where it tells nothing (none, free mail). `linked_to` is what a link by hand says that it is.
    One that is not live was merged away.
    """

    source: str
    native_id: str
    account: str | None
    name: str | None = None
    country: str | None = None
    domain: str | None = None
    foreign_id: str | None = None
    merged_into: str | None = None
    linked_to: str | None = None
    is_live: bool = True


@dataclass(frozen=True)
class Identity:
    """Which account a record is, and how that was found."""

    record: AccountRecord
    account_id: str | None
    method: str
    evidence: Mapping[str, str | None] | None = None


def written(world: World, record: AccountRecord) -> str:
    """The id past staging: numbers that an API counts up get the source's name in front."""
    kind = world.sources[world.place(record.source)].kind
    is_counted = kind != "files" and record.native_id.isdigit()
    return f"{record.source}:{record.native_id}" if is_counted else record.native_id


class Matching:
    """The identities of some records; `by` a source and its own id."""

    def __init__(self, world: World, records: Iterable[AccountRecord]) -> None:
        self.world = world
        self.by: dict[tuple[str, str], Identity] = {}
        self.records = sorted(records, key=lambda r: (world.rank(r.source), r.native_id))
        self._held: dict[str, list[AccountRecord]] = defaultdict(list)
        self._named: dict[tuple[str, str], AccountRecord | None] = {}
        live = [record for record in self.records if record.is_live]
        for record in live:
            if record.domain:
                self._held[record.domain].append(record)
            self._named[record.source, record.native_id] = self._named_by(record)
        for record in live:
            self._settle(record)
        for record in self.records:
            if not record.is_live and record.merged_into is not None:
                winner = self.by[record.source, record.merged_into]
                self.by[record.source, record.native_id] = Identity(
                    record, winner.account_id, "merged", {"merged_into": record.merged_into}
                )

    def whose(self, record: AccountRecord) -> str:
        """The account that a record is; its own id as long as it is none."""
        identity = self.by[record.source, record.native_id]
        return identity.account_id or written(self.world, record)

    def rank(self, record: AccountRecord) -> tuple[bool, int]:
        """Who is believed first."""
        return self.world.rank(record.source)

    def _settle(self, record: AccountRecord) -> None:
        """A link by hand, an explicit id, the domain; what none tells is an account of its own."""
        found = self._by_hand(record) or self._by_foreign_id(record) or self._by_domain(record)
        if found is None:
            if self.rank(record)[0]:
                found = Identity(record, None, "unmatched")
            else:
                found = Identity(record, written(self.world, record), "own")
        self.by[record.source, record.native_id] = found

    def _named_by(self, record: AccountRecord) -> AccountRecord | None:
        """The record of another source whose id this one carries; of a merged one, the winner."""
        for other in self.records:
            if other.source == record.source or record.foreign_id is None:
                continue
            if record.foreign_id in (other.native_id, written(self.world, other)):
                winner = other.native_id if other.is_live else other.merged_into
                return next(
                    r for r in self.records if (r.source, r.native_id) == (other.source, winner)
                )
        return None

    def _head(self, record: AccountRecord) -> AccountRecord:
        """The record at the end of the ids: those with one head are one account by their ids."""
        above = self._named[record.source, record.native_id]
        return record if above is None else self._head(above)

    def _by_hand(self, record: AccountRecord) -> Identity | None:
        for other in self.records if record.linked_to is not None else ():
            if record.linked_to == written(self.world, other):
                evidence = {"account_links": record.linked_to}
                return Identity(record, self.whose(other), "manual", evidence)
        return None

    def _by_foreign_id(self, record: AccountRecord) -> Identity | None:
        other = self._named[record.source, record.native_id]
        if other is None or record.foreign_id is None:
            return None
        evidence = {"foreign_id": record.foreign_id, "shared_with": written(self.world, other)}
        return Identity(record, self.whose(other), "foreign_id", evidence)

    def _by_domain(self, record: AccountRecord) -> Identity | None:
        """The account of the first source that has the domain, unless the domain is shared.

        One that two accounts of a source have tells nothing: of nobody, where the source defines
        accounts, else of that source's records. A record counts for its own source and for the
        one that its ids lead to.
        """
        held = self._held[record.domain] if record.domain else []
        having = {
            (source, self._head(r)) for r in held for source in (r.source, self._head(r).source)
        }
        shared = {s for s, count in Counter(source for source, _ in having).items() if count > 1}
        if record.source in shared or any(not self.world.rank(source)[0] for source in shared):
            return None
        better = [other for other in held if self.rank(other) < self.rank(record)]
        if not better or record.domain is None:
            return None
        evidence = {"domain": record.domain, "shared_with": written(self.world, better[0])}
        return Identity(record, self.whose(better[0]), "domain", evidence)

    def identities(self) -> Iterator[Row]:
        """map_account_identity: one row a source and its own id."""
        for (source, native_id), found in self.by.items():
            yield {
                "source": source,
                "source_account_id": native_id,
                "account_id": found.account_id,
                "method": found.method,
                "is_manual": found.method == "manual",
                "merged_into": found.record.merged_into,
                "valid_from": None,
                "evidence": found.evidence and json.dumps(found.evidence),
            }

    def queue(self) -> Iterator[Row]:
        """ops_identity_queue: what a person must decide, one row a record, issue and rule."""
        live = [record for record in self.records if record.is_live]
        for record in live:
            found = self.by[record.source, record.native_id]
            rows = list(self._doubts(record, found))
            yield from rows or self._alone(record, found, live)

    def _doubts(self, record: AccountRecord, found: Identity) -> Iterator[Row]:
        """Its domain is that of others named before, and none of them is the same account."""
        held = self._held[record.domain] if record.domain else []
        better = [other for other in held if self.rank(other) < self.rank(record)]
        if better and self.whose(record) not in {self.whose(other) for other in better}:
            others = sorted({self.whose(other) for other in held} - {self.whose(record)})
            is_free = found.method in ("own", "unmatched")
            yield self._row(record, found, "ambiguous" if is_free else "conflict", "domain", others)

    def _alone(
        self, record: AccountRecord, found: Identity, live: Sequence[AccountRecord]
    ) -> Iterator[Row]:
        """Nothing matches it, though a source named before has accounts; a name may suggest."""
        first = min(self.rank(other) for other in live)
        sharing = {other.source for other in live if self.whose(other) == self.whose(record)}
        if self.rank(record) == first or len(sharing) > 1:
            return
        if found.method not in ("own", "unmatched"):
            return
        alike = self._similar(record, live)
        yield self._row(record, found, "possible_match" if alike else "unmatched", "name", alike)

    def _similar(self, record: AccountRecord, live: Sequence[AccountRecord]) -> list[str]:
        """Up to three accounts of sources named before with nearly its name, likeliest first."""
        name = comparable(record.name or "")
        likely: dict[str, float] = {}
        for other in live:
            theirs = comparable(other.name or "")
            account_id = self.by[other.source, other.native_id].account_id
            if (
                account_id is None
                or account_id == self.whose(record)
                or not self.rank(other) < self.rank(record)
                or min(len(name), len(theirs)) < 3
                or (name[:6] != theirs[:6] and name[-6:] != theirs[-6:])
                or (
                    record.country is not None
                    and other.country is not None
                    and record.country.lower() != other.country.lower()
                )
            ):
                continue
            if (alike := similarity(name, theirs)) >= LIKELY:
                likely[account_id] = max(alike, likely.get(account_id, 0))
        return sorted(likely, key=lambda account_id: (-likely[account_id], account_id))[:3]

    def _row(
        self,
        record: AccountRecord,
        found: Identity,
        issue: str,
        rule: str,
        candidates: Sequence[str],
    ) -> Row:
        link = candidates[0] if candidates else "..."
        action = (
            f"Correct the {rule} in the source that has it wrong. "
            "A row of account_links overrides both."
            if issue == "conflict"
            else "If it is an account of another source, add a row to account_links: account_id "
            f"{link}, source {record.source}, source_account_id {record.native_id}."
        )
        return {
            "issue": issue,
            "rule": rule,
            "source": record.source,
            "source_account_id": record.native_id,
            "name": record.name,
            "account_id": found.account_id,
            "candidate_account_ids": list(candidates)[:5],
            "action": action,
        }
