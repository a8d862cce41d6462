"""Every public table, as it must be.

Belongs here: which function tells which table. Does not: what any of them means.
"""

from __future__ import annotations

from collections.abc import Sequence

from oracle.accounts import account_scd2, dim_account, dim_csm
from oracle.activities import fct_activity, read_activities
from oracle.canonical import canonical
from oracle.contracts import fct_arr_month, fct_contract
from oracle.identity import Matching
from oracle.quality import Night, ops_data_quality
from oracle.world import Row, World

KEYS = {
    "account_scd2": ("account_id", "valid_from"),
    "dim_account": ("account_id",),
    "dim_csm": ("user_id",),
    "fct_activity": ("activity_id",),
    "fct_arr_month": ("account_id", "month_start"),
    "fct_contract": ("contract_id",),
    "map_account_identity": ("source", "source_account_id"),
    "ops_data_quality": ("check_id", "source", "entity"),
    "ops_identity_queue": ("issue", "source", "source_account_id", "rule"),
}
"""What tells the rows of each table apart."""


def expected(
    world: World, matching: Matching, earlier: Sequence[World] = ()
) -> dict[str, list[Row]]:
    """The rows of each table of KEYS, in any order; `earlier` are the nights before this one."""
    facts = canonical(world)
    contracts = list(fct_contract(world, facts))
    read = read_activities(world, facts)
    activities = list(fct_activity(world, read))
    accounts = list(dim_account(world, facts, contracts, activities))
    queue = list(matching.queue())
    night = Night(facts, accounts, contracts, read, queue)
    tables = {
        "account_scd2": account_scd2(
            world, accounts, [(w.as_of, w.said["accounts"]) for w in earlier]
        ),
        "dim_account": accounts,
        "dim_csm": dim_csm(world, facts, accounts),
        "fct_activity": activities,
        "fct_arr_month": fct_arr_month(world, contracts),
        "fct_contract": contracts,
        "map_account_identity": matching.identities(),
        "ops_data_quality": ops_data_quality(world, night),
        "ops_identity_queue": queue,
    }
    return {name: list(world.stamped(rows)) for name, rows in tables.items()}
