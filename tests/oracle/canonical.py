"""Records of all sources as one set of facts, as known on the night (semantics.md, "Clock").

Belongs here: which record counts where several speak of one thing, and what of it is not known
yet. Does not: what follows from the facts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from datetime import date

from oracle.world import Row, World, local_day

TOGETHER = {
    "arr": ("currency",),
    "tier_override": (
        "tier_override_reason",
        "tier_override_by",
        "tier_override_from",
        "tier_override_to",
    ),
}
"""Fields of an account that only make sense together: who says the first, says the others."""

ABOUT_THE_RECORD = ("source_account_id", "method")
"""What a record of an account says of itself, not of the account."""

KEYS = {
    "account_links": ("source", "source_account_id", "valid_from"),
    "assignments": ("account_id", "user_email", "pool", "role", "valid_from"),
    "contracts": ("contract_id",),
    "activities": ("activity_id",),
    "tickets": ("ticket_id",),
    "surveys": ("response_id",),
    "usage": ("account_id", "on", "metric"),
    "success_plans": ("plan_id",),
    "assessments": ("assessment_id",),
    "time_entries": ("entry_id",),
    "exceptions": ("exception_id",),
    "mentions": ("mention_id",),
    "projects": ("project_id",),
    "user_absences": ("user_email", "from", "to"),
}

Facts = dict[str, list[Row]]


def canonical(world: World) -> Facts:
    """The facts of each entity; `source_name` says whose record came first."""
    facts = {entity: _one_a_key(world, entity) for entity in KEYS}
    facts["accounts"] = accounts(world)
    facts["users"] = people(world, "users", ("email",))
    facts["contacts"] = people(world, "contacts", ("account_id", "email"))
    zones = {row["account_id"]: row.get("time_zone") for row in facts["accounts"]}

    def day(row: Row, column: str) -> date | None:
        zone = zones.get(row.get("account_id")) or world.time_zone
        return local_day(row[column], zone) if row.get(column) else None

    _place_by_guests(world, facts)
    for entity, rule in _VISIBLE.items():
        facts[entity] = [seen for row in facts[entity] if (seen := rule(world, row, day))]
    return facts


def accounts(world: World) -> list[Row]:
    """One row an account, each field from the first record that has it (accounts.yml).

    The record that gave the account its id comes first, then the others as their sources rank.
    """
    records = defaultdict(list)
    for row in world.said.get("accounts", []):
        if row["account_id"] is not None:
            records[row["account_id"]].append(row)
    return [
        _as_known(world, account_picture(world, account_id, rows))
        for account_id, rows in sorted(records.items())
    ]


def account_picture(world: World, account_id: str, records: Sequence[Row]) -> Row:
    """What the records of one account say together, whether it is known yet or not."""
    ranked = sorted(records, key=lambda r: (r["method"] != "own", world.rank(r["source_name"])))
    picture = first_of_each(world, "accounts", ranked, TOGETHER)
    for name in ABOUT_THE_RECORD:
        picture.pop(name, None)
    picture["account_id"] = account_id
    picture["source_name"] = ranked[0]["source_name"]
    picture["currency"] = picture.get("currency") or world.currency
    return picture


def _as_known(world: World, account: Row) -> Row:
    """A churn to come shows only when notice was given; a stage or reason that tells of it too."""
    known = dict(account)
    churned_on, notice_on = account.get("churned_on"), account.get("churn_notice_on")
    is_to_come = churned_on is not None and churned_on > world.as_of
    is_announced = notice_on is not None and notice_on <= world.as_of
    if is_to_come and account.get("lifecycle_stage") == "churned":
        known["lifecycle_stage"] = None
    if is_to_come and not is_announced:
        known["churned_on"] = known["churn_reason"] = None
    if not is_announced:
        known["churn_notice_on"] = None
    if (first_value_on := account.get("first_value_on")) and first_value_on > world.as_of:
        known["first_value_on"] = None
    return known


def people(world: World, entity: str, same: tuple[str, ...]) -> list[Row]:
    """Whom several sources know by the same email is one person (users.yml, contacts.yml)."""
    id_name = {"users": "user_id", "contacts": "contact_id"}[entity]
    persons: dict[Hashable, list[Row]] = defaultdict(list)
    for row in world.said.get(entity, []):
        known_by = row.get("email") or (row["source_name"], row[id_name])
        persons[(*(row.get(n) for n in same if n != "email"), known_by)].append(row)
    found: dict[str, Row] = {}
    for rows in persons.values():
        ranked = sorted(rows, key=lambda r: world.place(r["source_name"]))
        if len({r["source_name"] for r in ranked}) < len(ranked):
            raise NotImplementedError(f"one source has the same person twice: {ranked}")
        person = first_of_each(world, entity, ranked)
        person["source_name"] = ranked[0]["source_name"]
        if entity == "contacts" and (person.get("left_on") or world.as_of) > world.as_of:
            person |= {"left_on": None, "is_active": True}
        other = found.get(person[id_name])
        if other is None or world.place(other["source_name"]) > world.place(person["source_name"]):
            found[person[id_name]] = person
    return list(found.values())


def first_of_each(
    world: World,
    entity: str,
    records: Sequence[Row],
    together: Mapping[str, tuple[str, ...]] | None = None,
) -> Row:
    """Each field of the first record that has it; fields that go together, of the same record.

    field_priority in sources.yaml may name other sources first for a field.
    """

    def in_order(name: str) -> list[Row]:
        first = world.first_for.get(f"{entity}.{name}", ())
        return sorted(
            records,
            key=lambda r: (
                first.index(r["source_name"]) if r["source_name"] in first else len(first)
            ),
        )

    names = {name for record in records for name in record}
    merged = {
        name: next((r[name] for r in in_order(name) if r.get(name) is not None), None)
        for name in names
    }
    for leader, others in (together or {}).items():
        leading = next((r for r in in_order(leader) if r.get(leader) is not None), None)
        if leading is not None:
            merged |= {name: leading.get(name) for name in others}
    return merged


def _one_a_key(world: World, entity: str) -> list[Row]:
    """Of records with one key, the one of the source named first."""
    found: dict[Hashable, Row] = {}
    for row in sorted(world.said.get(entity, []), key=lambda r: world.place(r["source_name"])):
        key = tuple(row.get(name) for name in KEYS[entity])
        if key not in found:
            found[key] = dict(row)
        elif found[key]["source_name"] == row["source_name"]:
            raise NotImplementedError(f"one source has a key of {entity} twice: {key}")
    return list(found.values())


def _place_by_guests(world: World, facts: Facts) -> None:
    """An activity without account has the one of its guests, if it is one (identity.yml).

    A guest's account is that of the contacts with the address, else of the account's domain;
    where these are several, none. Our own people are no evidence.
    """
    ours = {user["email"] for user in facts["users"]}
    there = {account["account_id"] for account in facts["accounts"]}
    of_address, of_domain = defaultdict(set), defaultdict(set)
    for contact in facts["contacts"]:
        if contact.get("email") and contact["account_id"] in there:
            of_address[contact["email"]].add(contact["account_id"])
    for record in world.said.get("accounts", []):
        if record.get("domain") and record["account_id"]:
            of_domain[record["domain"]].add(record["account_id"])
    for activity in facts["activities"]:
        if activity.get("account_id") is not None:
            continue
        guests = [e for e in activity.get("contact_emails") or () if e not in ours]
        found = set()
        for guest in guests:
            of_guest = of_address[guest]
            if len(of_guest) != 1:
                of_guest = of_domain[guest.partition("@")[2]]
            found |= of_guest if len(of_guest) == 1 else set()
        activity["accounts_found"] = len(found)
        activity["account_id"] = found.pop() if len(found) == 1 else None


Day = Callable[[Row, str], date | None]


def _hidden(row: Row, names: Iterable[str]) -> Row:
    return {**row, **dict.fromkeys(names)}


def _activity(world: World, row: Row, day: Day) -> Row | None:
    if (day(row, "started_at") or world.as_of) > world.as_of:
        return None
    notes_on, follow_up_on = day(row, "notes_at"), day(row, "follow_up_at")
    hidden = [
        *(["notes", "notes_at"] if notes_on and notes_on > world.as_of else []),
        *(["follow_up_at"] if follow_up_on and follow_up_on > world.as_of else []),
    ]
    return _hidden(row, hidden)


def _ticket(world: World, row: Row, day: Day) -> Row | None:
    if (day(row, "opened_at") or world.as_of) > world.as_of:
        return None
    answered_on, solved_on = day(row, "first_response_at"), day(row, "solved_at")
    hidden = [
        *(["first_response_at"] if answered_on and answered_on > world.as_of else []),
        *(["solved_at", "satisfaction"] if solved_on and solved_on > world.as_of else []),
    ]
    return _hidden(row, hidden)


def _contract(world: World, row: Row, day: Day) -> Row | None:
    """Known from its signature, else from its start."""
    if (row.get("signed_on") or row["starts_on"]) > world.as_of:
        return None
    known = {**row, "currency": row.get("currency") or world.currency}
    return _hidden(
        known, ["notice_on"] if (row.get("notice_on") or world.as_of) > world.as_of else []
    )


def _project(world: World, row: Row, day: Day) -> Row | None:
    if row["starts_on"] > world.as_of:
        return None
    is_to_end = (row.get("completed_on") or world.as_of) > world.as_of
    return _hidden(row, ["completed_on", "status"] if is_to_end else [])


def _from_instant(column: str) -> Callable[[World, Row, Day], Row | None]:
    return lambda world, row, day: row if (day(row, column) or world.as_of) <= world.as_of else None


def _from_day(column: str) -> Callable[[World, Row, Day], Row | None]:
    return lambda world, row, day: row if row[column] <= world.as_of else None


_VISIBLE: dict[str, Callable[[World, Row, Day], Row | None]] = {
    "activities": _activity,
    "tickets": _ticket,
    "contracts": _contract,
    "projects": _project,
    "assignments": _from_day("valid_from"),
    "usage": _from_day("on"),
    "success_plans": _from_day("updated_on"),
    "exceptions": _from_day("from"),
    "surveys": _from_instant("responded_at"),
    "assessments": _from_instant("assessed_at"),
    "time_entries": _from_instant("started_at"),
    "mentions": _from_instant("at"),
}
"""What of each entity is known on as_of; absences to come are plans, and stay."""
