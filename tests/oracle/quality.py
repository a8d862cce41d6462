"""What is wrong or worth knowing about the data (ops_data_quality.yml, int_quality.yml).

Belongs here: the checks of facts, references, fields and identity, each with what it counts. Does
not: checks of texts that cannot be read; the firm's records hold none.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from oracle.accounts import family_heads
from oracle.canonical import KEYS, Facts
from oracle.health import Health
from oracle.ledger_facts import Book
from oracle.tiers import FAR, override_end
from oracle.world import Row, World

SAMPLE = 5
"""At most so many keys are shown, in order."""

REQUIRED = {
    "accounts": {"account_id", "name"},
    "account_links": {"account_id", "source", "source_account_id"},
    "contacts": {"contact_id", "account_id"},
    "users": {"user_id", "email"},
    "user_absences": {"user_email", "from", "to"},
    "assignments": {"account_id", "role", "valid_from"},
    "contracts": {"contract_id", "account_id", "starts_on", "arr"},
    "activities": {"activity_id", "type", "started_at"},
    "tickets": {"ticket_id", "account_id", "opened_at"},
    "surveys": {"response_id", "account_id", "kind", "score", "responded_at"},
    "usage": {"account_id", "on", "metric", "value"},
    "success_plans": {"plan_id", "account_id", "updated_on"},
    "assessments": {"assessment_id", "account_id", "assessed_at", "kind", "score"},
    "time_entries": {"entry_id", "user_email", "started_at", "minutes"},
    "exceptions": {
        "exception_id", "account_id", "kind", "from", "to", "reason", "approved_by",
    },
    "mentions": {"mention_id", "at"},
    "projects": {"project_id", "account_id", "kind", "starts_on"},
}  # fmt: skip
"""What a record must have (canonical_input.md, *)."""

WAIVED = 0.1
"""Of what was owed: where more is waived, coverage looks better than it is."""

NEEDED = ("contracts", "activities", "users", "tickets", "usage")
"""Entities without which something cannot be computed."""

OF_COLLEAGUES = {
    "accounts": "owner_email",
    "assignments": "user_email",
    "time_entries": "user_email",
    "user_absences": "user_email",
}
"""Who names one of ours by email, and where."""

_KEY_OF = {**KEYS, "accounts": ("account_id",), "users": ("user_id",), "contacts": ("contact_id",)}

Test = Callable[[Row], Any]


@dataclass(frozen=True)
class Night:
    """What the checks look at: the facts, and what was made of them."""

    facts: Facts
    accounts: Sequence[Row]
    contracts: Sequence[Row]
    activities: Sequence[Row]
    queue: Sequence[Row]
    book: Book
    health: Health
    coverage: Sequence[Row]


def ops_data_quality(world: World, night: Night) -> Iterator[Row]:
    """One row a check, source and entity where anything was found; messages left out."""
    for rows in (
        _absent(world),
        _references(night),
        _contents(world, night),
        _empty_fields(world, night.facts),
        _tiers(night),
        _waived(night.coverage),
        _drift(night.health),
        _identities(world, night.queue),
        _left_out(world),
    ):
        yield from rows


def key_text(entity: str, row: Row) -> str:
    """The key of a row, as a message shows it."""
    values = (row.get(name) for name in _KEY_OF[entity])
    return " | ".join(str(value) for value in values if value is not None)


def _check(
    check_id: str, entity: str, severity: str, rows: Iterable[Row], test: Test, key: Test
) -> Iterator[Row]:
    """How many rows of each source fail, of how many."""
    totals: Counter[str] = Counter()
    failed = defaultdict(list)
    for row in rows:
        totals[row["source_name"]] += 1
        if test(row):
            failed[row["source_name"]].append(key(row))
    for source, keys in failed.items():
        yield _finding(check_id, source, entity, severity, keys, totals[source])


def _finding(
    check_id: str,
    source: str | None,
    entity: str | None,
    severity: str,
    keys: list[str],
    total: int,
) -> Row:
    return {
        "check_id": check_id,
        "source": source,
        "entity": entity,
        "severity": severity,
        "rows_failed": len(keys),
        "rows_total": total,
        "sample": sorted(key for key in keys if key is not None)[:SAMPLE],
    }


def _absent(world: World) -> Iterator[Row]:
    for entity in NEEDED:
        if not world.is_carried(entity):
            found = _finding(f"absent_entity:{entity}", None, entity, "info", [""], 1)
            yield {**found, "sample": []}


def _references(night: Night) -> Iterator[Row]:
    """Rows that point to an account, colleague, parent or predecessor that nobody has."""
    facts = night.facts
    there = {account["account_id"] for account in facts["accounts"]}
    ours = {user["email"] for user in facts["users"]}
    contracts = {contract["contract_id"] for contract in facts["contracts"]}

    def is_unknown(column: str, known: set[str]) -> Test:
        return lambda row: row.get(column) is not None and row[column] not in known

    def named(column: str) -> Test:
        return lambda row: row[column]

    for entity in sorted(REQUIRED.keys() - {"accounts", "users", "user_absences"}):
        yield from _check(
            f"account_unknown:{entity}", entity, "warning", facts[entity],
            is_unknown("account_id", there), named("account_id"),
        )  # fmt: skip
    for entity, column in OF_COLLEAGUES.items():
        yield from _check(
            f"colleague_unknown:{entity}.{column}", entity, "warning",
            facts[entity] if ours else [], is_unknown(column, ours), named(column),
        )  # fmt: skip
    yield from _check(
        "parent_unknown:accounts", "accounts", "warning", facts["accounts"],
        is_unknown("parent_account_id", there), named("account_id"),
    )  # fmt: skip
    yield from _check(
        "predecessor_unknown:contracts", "contracts", "warning", facts["contracts"],
        lambda row: bool(_named(row.get("predecessor_contract_id")) - contracts),
        named("contract_id"),
    )  # fmt: skip


def _named(ids: str | None) -> set[str]:
    """The ids of a list in one text."""
    return {each.strip() for each in (ids or "").split(";")} - {""}


def _contents(world: World, night: Night) -> Iterator[Row]:
    """Rows that contradict themselves or each other."""
    facts, as_of = night.facts, world.as_of
    in_force = {c["account_id"] for c in night.contracts if c["is_in_force"]}
    led = {row["account_id"] for row in facts["assignments"] if row["role"] == "lead"}
    heads = family_heads(facts["accounts"])
    parents = {a["account_id"]: a.get("parent_account_id") for a in facts["accounts"]}
    first = {a["account_id"]: a["first_contract_on"] for a in night.accounts}
    are_owners_known = (
        world.is_carried("accounts", "owner_email")
        or world.is_carried("accounts", "pool")
        or world.is_carried("assignments")
    )
    of_users = Counter(user["email"] for user in facts["users"])
    of_contacts = Counter((c["account_id"], c.get("email")) for c in facts["contacts"])

    def is_before(row: Row, one: str, other: str) -> bool:
        return bool(row.get(one) and row.get(other) and row[one] < row[other])

    def has_churned(row: Row) -> bool:
        churned_on: date | None = row["churned_on"]
        return churned_on is not None and churned_on <= as_of

    def is_in_circle(row: Row) -> bool:
        """Whether the line of parents never ends: its head has a parent that is an account."""
        above = parents[heads[row["account_id"]]]
        return above in parents and above != heads[row["account_id"]]

    def by(column: str) -> Test:
        return lambda row: row[column]

    checks: list[tuple[str, str, str, Iterable[Row], Test, Test]] = [
        (
            "churned_without_date", "accounts", "warning", night.accounts,
            lambda a: a["lifecycle_stage"] == "churned" and a["churned_on"] is None,
            by("account_id"),
        ),
        (
            "churn_date_without_flag", "accounts", "warning", night.accounts,
            lambda a: has_churned(a) and a["lifecycle_stage"] not in (None, "churned"),
            by("account_id"),
        ),
        (
            "churned_with_contract_in_force", "accounts", "warning", night.accounts,
            lambda a: (has_churned(a) or a["lifecycle_stage"] == "churned")
            and a["account_id"] in in_force,
            by("account_id"),
        ),
        ("circular_parents", "accounts", "warning", night.accounts, is_in_circle, by("account_id")),
        (
            "without_owner", "accounts", "warning", night.accounts,
            lambda a: are_owners_known and a["is_active"] and a["owner_email"] is None
            and a["pool"] is None and a["account_id"] not in led,
            by("account_id"),
        ),
        (
            "currency_without_rate", "contracts", "error", night.contracts,
            lambda c: c["fx_rate"] is None,
            lambda c: f"{c['currency']} ({c['contract_id']})",
        ),
        (
            "ends_before_start", "contracts", "warning", night.contracts,
            lambda c: is_before(c, "ends_on", "starts_on"), by("contract_id"),
        ),
        (
            "ended_but_in_force", "contracts", "warning", night.contracts,
            lambda c: c["status"] in ("cancelled", "churned") and c["is_in_force"],
            by("contract_id"),
        ),
        (
            "before_first_contract", "usage", "warning", facts["usage"],
            lambda u: (start := first.get(u["account_id"])) is not None and u["on"] < start,
            lambda u: key_text("usage", u),
        ),
        (
            "unclassified", "activities", "warning", night.activities,
            lambda a: not a["is_classified"],
            lambda a: f"{a['source_type']} ({a['activity_id']})",
        ),
        (
            "ends_before_start", "activities", "warning", night.activities,
            lambda a: is_before(a, "ended_at", "started_at"), by("activity_id"),
        ),
        (
            "solved_before_opened", "tickets", "warning", facts["tickets"],
            lambda t: is_before(t, "solved_at", "opened_at")
            or is_before(t, "first_response_at", "opened_at"),
            by("ticket_id"),
        ),
        (
            "email_shared", "users", "warning", facts["users"],
            lambda u: of_users[u["email"]] > 1, lambda u: f"{u['email']} ({u['user_id']})",
        ),
        (
            "email_shared", "contacts", "info", facts["contacts"],
            lambda c: c.get("email") and of_contacts[c["account_id"], c["email"]] > 1,
            lambda c: f"{c['email']} ({c['contact_id']})",
        ),
    ]  # fmt: skip
    for name, entity, severity, rows, test, key in checks:
        yield from _check(f"{name}:{entity}", entity, severity, rows, test, key)
    guests = [row for row in facts["activities"] if row.get("accounts_found") is not None]
    yield from _check(
        "attendees_of_several_accounts:activities", "activities", "warning", guests,
        lambda a: a["accounts_found"] > 1, by("activity_id"),
    )  # fmt: skip


def _tiers(night: Night) -> Iterator[Row]:
    """Calendars, and tiers set by hand, that are not as the coverage model has it."""
    book = night.book
    overrides = [row for row in night.accounts if row["tier_override"] is not None]

    def judged(row: Row) -> tuple[bool, bool]:
        """Whether it is held for shorter than was asked for, and whether it is over."""
        override = book.account[row["account_id"]].override
        if override is None or override.starts_on is None:
            raise NotImplementedError(f"a tier set by hand since nobody knows when: {row}")
        end = override_end(book, override)
        return end < (override.ends_on or FAR), end <= book.as_of

    def is_known(row: Row) -> bool:
        return any(model.tier(row["tier_override"]) for model in book.models)

    checks: list[tuple[str, str, Sequence[Row], Test, Test]] = [
        (
            "unknown_calendar", "warning", night.accounts,
            lambda a: (asked := a["business_calendar"] or a["country"]) is not None
            and not book.holidays.get(asked),
            lambda a: f"{a['business_calendar'] or a['country']} ({a['account_id']})",
        ),
        (
            "tier_override_cut", "warning", overrides,
            lambda a: is_known(a) and judged(a)[0], lambda a: a["account_id"],
        ),
        (
            "tier_override_expired", "info", overrides,
            lambda a: is_known(a) and judged(a)[1], lambda a: a["account_id"],
        ),
        (
            "unknown_tier_override", "warning", overrides,
            lambda a: not is_known(a), lambda a: f"{a['tier_override']} ({a['account_id']})",
        ),
    ]  # fmt: skip
    for name, severity, rows, test, key in checks:
        yield from _check(f"{name}:accounts", "accounts", severity, rows, test, key)


def _waived(coverage: Sequence[Row]) -> Iterator[Row]:
    """Tiers that waive more than a tenth, in the newest quarter that has closed."""
    closed = [
        row
        for row in coverage
        if row["basis"] == "restated" and row["period_type"] == "quarter"
        if row["is_period_closed"] and row["tier_id"] != "ALL"
    ]
    newest = max((row["period_start"] for row in closed), default=None)
    for row in closed:
        if row["period_start"] == newest and (row["waived_rate"] or 0) > WAIVED:
            tier_id, waived = row["tier_id"], row["excluded_waived"]
            check_id, total = f"waived_over_a_tenth:{tier_id}", row["obligations_counted"] + waived
            found = _finding(check_id, None, "exceptions", "warning", [tier_id], total)
            yield {**found, "rows_failed": waived}


def _drift(health: Health) -> Iterator[Row]:
    """A measure that moved for many accounts at once is held; the accounts that are, as sample."""
    today = health.book.as_of
    for name, holds in health.holds.items():
        for hold in holds:
            if hold.first <= today < hold.end:
                held = [
                    account_id
                    for account_id in health.tiers
                    if health.is_active(account_id, today)
                    and name in health.on(account_id, today).held
                ]
                check_id = f"health_measure_drift:{name}"
                found = _finding(check_id, None, None, "error", held, hold.accounts)
                yield {**found, "rows_failed": hold.moved}


def _empty_fields(world: World, facts: Facts) -> Iterator[Row]:
    """How often a field that a source carries is empty."""
    for entity, rows in facts.items():
        for source in world.sources:
            for name in set(world.carried(source.name, entity)) - REQUIRED[entity]:
                yield from _check(
                    f"empty_field:{entity}.{name}", entity, "info",
                    [row for row in rows if row["source_name"] == source.name],
                    lambda row, name=name: row.get(name) is None,
                    lambda row, entity=entity: key_text(entity, row),
                )  # fmt: skip


def _identities(world: World, queue: Sequence[Row]) -> Iterator[Row]:
    """How many records of accounts wait for a person, of all that their source has."""
    records = Counter(row["source_name"] for row in world.said["accounts"])
    waiting = defaultdict(list)
    for row in queue:
        waiting[row["issue"], row["source"]].append(row["source_account_id"])
    for (issue, source), keys in waiting.items():
        severity = "info" if issue in ("unmatched", "possible_match") else "warning"
        check_id = f"identity_{issue}:accounts"
        yield _finding(check_id, source, "accounts", severity, keys, records[source])


def _left_out(world: World) -> Iterator[Row]:
    """Records that make none of an entity, of all that were read for it."""
    read: Counter[tuple[str, str]] = Counter()
    for entity, rows in world.said.items():
        for row in rows:
            read[row["source_name"], entity] += 1
    for (source, entity, _), keys in world.left_out.items():
        read[source, entity] += len(keys)
    for (source, entity, reason), keys in world.left_out.items():
        check_id = f"left_out_{reason}:{entity}"
        yield _finding(check_id, source, entity, "info", keys, read[source, entity])
