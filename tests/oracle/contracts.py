"""Contracts and annual recurring revenue (semantics.md, "Contract dates" and "Money").

Belongs here: fct_contract and fct_arr_month. Does not: renewals.
"""

from __future__ import annotations

from calendar import monthrange
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from oracle.canonical import Facts
from oracle.ledger_facts import DAY
from oracle.ledger_world import contracts_only
from oracle.renewals import notice
from oracle.succession import FAR, Succession, Term
from oracle.world import Row, World


def fct_contract(world: World, facts: Facts) -> Iterator[Row]:
    """One row a term; `ends_on` is its last day, none for an evergreen one."""
    succession = Succession(contracts_only(world, facts))
    terms = defaultdict(list)
    for term in succession.terms:
        terms[succession.of(term).contract_id].append(term)
    for contract in facts["contracts"]:
        rate = world.rate(contract["currency"])
        said = {
            **{
                name: contract.get(name)
                for name in (
                    "contract_id", "account_id", "product", "status", "starts_on", "ends_on",
                    "currency", "signed_on", "notice_on", "predecessor_contract_id",
                    "auto_renews", "source_name",
                )
            },
            "arr": None if rate is None else contract["arr"] * rate,
            "arr_local": contract["arr"],
            "fx_rate": rate,
        }  # fmt: skip
        for term in terms[contract["contract_id"]]:
            to = succession.in_force_to(term)
            yield {
                **said,
                **_term(term, said),
                "notice_on": notice(succession.of(term), term),
                "in_force_to": None if to == FAR else to,
                "is_in_force": term.starts_on <= world.as_of < to,
            }
        if not terms[contract["contract_id"]]:
            never = {"in_force_to": said["ends_on"] + DAY, "is_in_force": False}
            yield {**said, **_dates(said["ends_on"]), "is_auto_renewal": False, **never}


def _term(term: Term, said: Row) -> Row:
    """What of a contract's row is its term's."""
    row = {
        **_dates(term.ends_on),
        "contract_id": term.term_id,
        "starts_on": term.starts_on,
        "ends_on": term.ends_on,
        "is_auto_renewal": term.number > 1,
    }
    if term.number == 1:
        return row
    before = f"{said['contract_id']}/{term.number - 1}" if term.number > 2 else said["contract_id"]
    return {**row, "signed_on": None, "predecessor_contract_id": before}


def _dates(ends_on: date | None) -> Row:
    return {"scheduled_on": ends_on and ends_on + DAY, "is_evergreen": ends_on is None}


def is_in_force(contract: Row, day: date) -> bool:
    """Whether a row of fct_contract counts on a day."""
    to = contract["in_force_to"]
    return contract["starts_on"] <= day and (to is None or day < to)


def fct_arr_month(
    world: World, contracts: Sequence[Row], membership: Sequence[Row]
) -> Iterator[Row]:
    """ARR on each month's last day, the running month on as_of; zero in the gaps.

    From the first to the last month in which the account has a contract in force on any day. The
    tier is that of the month's first day (`membership`: tier_membership_scd2).
    """
    tiers = defaultdict(list)
    for row in membership:
        tiers[row["account_id"]].append(row)
    by_account = defaultdict(list)
    for contract in contracts:
        if contract["starts_on"] <= world.as_of and contract["starts_on"] < _last(contract) + DAY:
            by_account[contract["account_id"]].append(contract)
    for account_id, held in by_account.items():
        first_on = min(contract["starts_on"] for contract in held)
        last_on = max(min(_last(contract), world.as_of) for contract in held)
        for month in months(first_on, last_on):
            in_tier = (
                row["assigned_tier_id"]
                for row in tiers[account_id]
                if row["valid_from"] <= month
                and (row["valid_to"] is None or month < row["valid_to"])
            )
            tier_id = next(in_tier, None)
            yield {"account_id": account_id, "tier_id": tier_id, **_month(world, held, month)}


def _last(contract: Row) -> date:
    """The last day on which a row of fct_contract counts."""
    return (contract["in_force_to"] or FAR) - DAY


def _month(world: World, held: Iterable[Row], month: date) -> Row:
    last_on = month.replace(day=monthrange(month.year, month.month)[1])
    valued_on = min(last_on, world.as_of)
    in_force = [contract for contract in held if is_in_force(contract, valued_on)]
    currencies = {contract["currency"] for contract in in_force}
    is_one = len(currencies) == 1
    is_known = all(contract["arr"] is not None for contract in in_force)
    return {
        "month_start": month,
        "valued_on": valued_on,
        "is_month_complete": last_on <= world.as_of,
        "arr": sum(contract["arr"] for contract in in_force) if is_known else None,
        "arr_local": sum(c["arr_local"] for c in in_force) if is_one else None,
        "currency": currencies.copy().pop() if is_one else None,
        "fx_rate": in_force[0]["fx_rate"] if is_one else None,
        "contracts_in_force": len(in_force),
    }


def months(first_on: date, last_on: date) -> Iterator[date]:
    """The first days of the months from one day's to another's."""
    month = first_on.replace(day=1)
    while month <= last_on:
        yield month
        month = (month + timedelta(days=31)).replace(day=1)
