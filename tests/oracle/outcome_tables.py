"""Contracts' ends, movements, churns and rates of tiers as public tables.

Belongs here: the columns of rows that `renewals`, `movements` and `outcomes` make. Does not: how
they come about.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from oracle.coverage_tables import is_closed
from oracle.movements import Movements
from oracle.outcomes import ALL, ATTRIBUTIONS, NONE, Due, Outcomes, Period, Unit, resampled
from oracle.renewals import Bands, Renewals, churn_events
from oracle.world import Row

RATES = ("gross_renewal_rate", "net_renewal_rate")
RETENTIONS = ("grr", "nrr")


def fct_renewal(renewals: Renewals) -> Iterator[Row]:
    """One row a term end."""
    for row in renewals.rows:
        contract = renewals.succession.of(row.term)
        heir = row.successor and renewals.succession.of(row.successor)
        is_in_time = row.days_late is not None
        yield {
            "renewal_id": row.term.term_id,
            "account_id": row.term.account_id,
            "contract_id": row.term.term_id,
            "lineage_id": row.lineage_id,
            "successor_contract_id": row.successor and row.successor.term_id,
            "product": contract.product,
            "term_start_on": row.term.starts_on,
            "term_end_on": row.term.ends_on,
            "scheduled_on": row.term.scheduled_on,
            "atr": row.atr,
            "renewed_arr": row.renewed_arr,
            "outcome": row.outcome,
            "is_on_time": row.is_on_time,
            "days_late": row.days_late,
            "renewed_on": row.successor.starts_on if row.successor and is_in_time else None,
            "signed_on": heir.signed_on
            if heir and row.successor and is_in_time and row.successor.number == 1
            else None,
            **row.split,
            "tier_id": row.tier_id,
            "tier_id_120d": row.tier_id_120d,
            "tier_share_of_term": row.tier_share_of_term,
            "notice_on": row.notice_on,
            "owner_user_id": row.owner,
            "auto_renews": contract.auto_renews,
            "is_auto_renewal": row.term.number > 1,
        }


def fct_arr_movement(movements: Movements, renewals: Renewals) -> Iterator[Row]:
    """One row a movement."""
    for row in movements.rows():
        named = row.after or row.before
        ids = [term.term_id if term else None for term in (row.after, row.before)]
        said = (row.account_id, row.moved_on.isoformat(), row.type, *ids, row.currency)
        yield {
            "movement_id": fingerprint(*said),
            "account_id": row.account_id,
            "moved_on": row.moved_on,
            "type": row.type,
            "amount": row.amount,
            "amount_at_market_rates": row.at_market,
            "contract_id": ids[0],
            "predecessor_contract_id": ids[1],
            "product": renewals.succession.of(named).product if named else None,
            "tier_id": renewals.tier_of_change(row.account_id, row.moved_on),
        }


def fct_churn_event(renewals: Renewals, health: Sequence[Row]) -> Iterator[Row]:
    """One row an account and day on which it left; `health`: fct_health_daily."""
    bands: Bands = {
        (row["account_id"], row["as_of_on"]): row["band"]
        for row in health
        if row["frozen_on"] is None
    }
    for row in churn_events(renewals, bands):
        yield {
            "churn_event_id": fingerprint(row.account_id, row.effective_on.isoformat()),
            "account_id": row.account_id,
            "notice_on": row.notice_on,
            "effective_on": row.effective_on,
            "is_effective": row.effective_on <= renewals.book.as_of,
            "arr": row.arr,
            "contracts": row.contracts,
            "reason": row.reason,
            "is_expected": row.is_expected,
            "tier_id": row.tier_id,
        }


def fingerprint(*said: str | None) -> str:
    """A digest of texts, of which some may be unknown."""
    text = "\x1f".join("\x1e" if each is None else each for each in said)
    return hashlib.md5(text.encode()).hexdigest()


def tier_periods(
    outcomes: Outcomes, is_drawn: Callable[[str, Period], bool] = lambda *_: True
) -> list[Row]:
    """Every tier, and all together, in every period, as the data of a night say it.

    Intervals by bootstrap take time: `is_drawn` says which are wanted; the others' are left out.
    """
    found = []
    for within in outcomes.periods():
        for attribution in ATTRIBUTIONS:
            due = outcomes.due(within, attribution)
            is_year = within.kind == "trailing_12m"
            units = outcomes.units(within, attribution) if is_year else []
            rows = [
                _tier_period(outcomes, within, attribution, tier_id, due, units, is_drawn)
                for tier_id in _tier_ids(outcomes, within, due, units)
            ]
            found += [*rows, _all_tiers(outcomes, within, attribution, due, units, is_drawn, rows)]
    return found


def _tier_ids(
    outcomes: Outcomes, within: Period, due: Sequence[Due], units: Sequence[Unit]
) -> list[str]:
    """OC3: those of the model, those with rows, and NONE where anything has no tier."""
    known = {tier.tier_id for tier in outcomes.book.model_on(within.end).tiers}
    return sorted(known | {each.tier_id for each in (*due, *units)})


def _tier_period(
    outcomes: Outcomes,
    within: Period,
    attribution: str,
    tier_id: str,
    due: Sequence[Due],
    units: Sequence[Unit],
    is_drawn: Callable[[str, Period], bool],
) -> Row:
    mine = [each for each in due if tier_id in (ALL, each.tier_id)]
    ours = [each for each in units if tier_id in (ALL, each.tier_id)]
    row: Row = {
        "tier_id": tier_id,
        "period_type": within.kind,
        "period_start": within.start,
        "period_end": within.end,
        "attribution": attribution,
        **outcomes.cell(mine, ours, within),
        "tier_dispersion": None,
        "is_dispersion_separated": None,
    }
    for metric in (*RATES, *RETENTIONS):
        low, high = None, None
        if attribution == "tier_then":
            if not is_drawn(tier_id, within):
                continue
            clusters = outcomes.clusters(metric, mine, ours)
            name = f"{metric}|{tier_id}|{within.kind}|{within.start.isoformat()}"
            point = row[metric]
            low, high = (None, None) if point is None else resampled(name, clusters, point)
        row |= {f"{metric}_low": low, f"{metric}_high": high}
    return row


def _all_tiers(
    outcomes: Outcomes,
    within: Period,
    attribution: str,
    due: Sequence[Due],
    units: Sequence[Unit],
    is_drawn: Callable[[str, Period], bool],
    tiers: Sequence[Row],
) -> Row:
    """OC12: beside the sums, what they hide."""
    row = _tier_period(outcomes, within, attribution, ALL, due, units, is_drawn)
    rated = [t for t in tiers if t["tier_id"] != NONE and t["logo_renewal_rate"] is not None]
    if len(rated) > 1:
        points = [each["logo_renewal_rate"] for each in rated]
        highest_low = max(each["logo_renewal_rate_low"] for each in rated)
        lowest_high = min(each["logo_renewal_rate_high"] for each in rated)
        row["tier_dispersion"] = max(points) - min(points)
        row["is_dispersion_separated"] = highest_low > lowest_high
    return row


Reported = Sequence[tuple[date, str, Sequence[Row]]]
"""All nights until now, this one included: day, config version and tier_periods."""


def mart_outcomes_tier_period(
    today: Sequence[Row], reported: Reported, as_of: date
) -> Iterator[Row]:
    """Each row as it is now; of closed periods, also as they were when first reported."""
    for row in today:
        yield {
            **row,
            "basis": "restated",
            "is_period_closed": is_closed(as_of, row["period_end"]),
            "first_reported_on": None,
            "first_reported_config_version": None,
        }
    seen = set()
    for day, version, rows in reported:
        for row in rows:
            names = ("tier_id", "period_type", "period_start", "attribution")
            cell = tuple(row[name] for name in names)
            if cell in seen or not is_closed(day, row["period_end"]):
                continue
            seen.add(cell)
            yield {
                **row,
                "basis": "first_reported",
                "is_period_closed": True,
                "first_reported_on": day,
                "first_reported_config_version": version,
            }
