"""Coverage as public tables: who was covered, of each tier, of each standard, and why not.

Belongs here: the columns of rows that `coverage` counts. Does not: the counting of accounts; what
is overdue today, which `overdue` tells.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from oracle.calendar import add_business_days, period
from oracle.coverage import Cell, Coverage, Judged, bootstrap, is_lenient, share
from oracle.models import is_required, said_on, unmeasured
from oracle.obligations import Obligation
from oracle.world import Row

CAUSES = (
    "no_owner",
    "over_capacity",
    "late_only",
    "below_standard",
    "customer_unresponsive",
    "unverifiable",
    "not_attempted",
)
"""In the order in which they are tried."""

REASONS = (
    "churned",
    "paused",
    "superseded",
    "tier_change",
    "waived",
    "late_notice",
    "not_eligible",
)
"""Why an obligation is left out."""


def mart_coverage_account_period(coverage: Coverage) -> Iterator[Row]:
    """One row an account, tier and period with a matured obligation."""
    for row in coverage.account_periods():
        cell = (row.tier_id, row.period_type, row.period_start)
        mine = [one for one in coverage.matured[cell] if one.row.account_id == row.account_id]
        headline = [one for one in mine if one.is_in_headline]
        required = [one for one in headline if one.row.is_required]
        answering = [one for one in mine if one.row.is_required and not _is_silent(one)]
        below = [
            (one.row.closes_on, one.row.obligation_id, one.row.failed_conditions[0])
            for one in required
            if one.row.quality == "below_standard" and not one.is_good
        ]
        yield {
            "account_id": row.account_id,
            "tier_id": row.tier_id,
            "period_type": row.period_type,
            "period_start": row.period_start,
            "period_end": row.period_end,
            **_delivery(headline),
            "obligations_unresponsive": sum(map(_is_silent, mine)),
            "required_counted": len(required),
            "required_good": sum(one.is_good for one in required),
            "is_covered": row.is_covered,
            "is_covered_upper": row.is_covered_upper,
            "is_covered_lenient": is_lenient(required) if required else None,
            "is_covered_with_unresponsive": _all_good(one for one in mine if one.row.is_required),
            "is_covered_without_unresponsive": _all_good(answering),
            "cause": row.cause,
            "cause_condition": min(below)[2] if row.cause == "below_standard" else None,
            "arr": coverage.arr_on(row.account_id, row.period_start),
        }


def _is_silent(one: Judged) -> bool:
    return one.row.is_customer_unresponsive


def _all_good(rows: Iterable[Judged]) -> bool | None:
    good = [one.is_good for one in rows]
    return all(good) if good else None


def _delivery(rows: Sequence[Judged]) -> Row:
    return {
        "obligations_counted": len(rows),
        "obligations_delivered": sum(one.is_delivered for one in rows),
        "obligations_on_time": sum(one.row.timeliness == "on_time" for one in rows),
        "obligations_to_standard": sum(
            one.is_delivered and one.row.quality == "to_standard" for one in rows
        ),
        "obligations_good": sum(one.is_good for one in rows),
    }


def is_closed(day: date, last: date) -> bool:
    """Whether a period that ends on `last` may be reported on a day; M11."""
    after = said_on(last)["calendar"]["period_close_bd"]
    return day >= add_business_days(last, after, frozenset())


def tier_periods(coverage: Coverage) -> list[Row]:
    """Coverage of each tier, and of all together, in each period, as the data of a night say it."""
    known = coverage.known_periods
    every = known | {("ALL", kind, start) for _, kind, start in known}
    return [_tier_period(coverage, cell, cells_of(known, cell)) for cell in sorted(every)]


def cells_of(known: Iterable[Cell], cell: Cell) -> list[Cell]:
    """The tier's cell; of ALL, the cells of every tier."""
    return [cell] if cell[0] != "ALL" else [each for each in known if each[1:] == cell[1:]]


def _tier_period(coverage: Coverage, cell: Cell, cells: Sequence[Cell]) -> Row:
    tier_id, kind, start = cell
    last = period(start, kind)[1]
    said = said_on(last)
    numbers = coverage.tier_period(cells)
    low, high = bootstrap(cell, coverage.clusters(cells))
    unmeasured_families = sorted(
        {
            standard["family"]
            for each, _, _ in cells
            for standard in said["standards"].get(each, ())
            if is_required(standard) and unmeasured(standard) is not None
        }
    )
    excluded: Counter[str] = Counter()
    for each in cells:
        excluded.update(coverage.excluded.get(each, {}))
    reason = "nothing has matured" if numbers["accounts_active"] else "no active account"
    is_measured = bool(numbers["accounts_evaluable"])
    targets = {tier["id"]: tier["target_cts"] for tier in said["tiers"]}
    return {
        **numbers,
        "tier_id": tier_id,
        "period_type": kind,
        "period_start": start,
        "period_end": last,
        "measurability": "measured" if is_measured else "not_measurable",
        "not_measurable_reason": None if is_measured else reason,
        "unmeasured_families": unmeasured_families or None,
        "is_low_n": (numbers["accounts_evaluable"] or 0) < said["stats"]["low_n"],
        "obligation_cts_low": low,
        "obligation_cts_high": high,
        **coverage.arr(cells),
        **{f"excluded_{name}": excluded[name] for name in REASONS},
        "waived_rate": share(
            excluded["waived"], (numbers["obligations_counted"] or 0) + excluded["waived"]
        ),
        "target_cts": targets.get(tier_id),
    }


def mart_coverage_tier_period(
    today: Sequence[Row], reported: Sequence[tuple[date, str, Sequence[Row]]], as_of: date
) -> Iterator[Row]:
    """Each row as it is now; of closed periods, also as they were when first reported.

    `reported` are all nights until now, this one included: day, config version and tier_periods.
    """
    for row in today:
        yield {
            **row,
            "basis": "restated",
            "is_period_closed": is_closed(as_of, row["period_end"]),
            "first_reported_on": None,
            "first_reported_config_version": None,
        }
    seen: set[Cell] = set()
    for day, version, rows in reported:
        for row in rows:
            cell = (row["tier_id"], row["period_type"], row["period_start"])
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


def mart_coverage_standard_tier(coverage: Coverage) -> Iterator[Row]:
    """Each family of each tier, and of all tiers, in each period with any of its obligations."""
    headline: dict[tuple[Cell, str], list[Judged]] = defaultdict(list)
    left_out: dict[tuple[Cell, str], list[Obligation]] = defaultdict(list)
    for cell, judged in coverage.matured.items():
        for one in judged:
            if one.is_in_headline:
                headline[cell, one.row.family].append(one)
    for row in coverage.ledger:
        if row.disposition == "excluded" or row.is_provisional:
            for kind in ("month", "quarter"):
                cell = (row.tier_id, kind, period(row.closes_on, kind)[0])
                left_out[cell, row.family].append(row)
    known = coverage.known_periods
    periods = {cell[1:] for cell in known}
    keys = {key for key in (*headline, *left_out) if key[0][1:] in periods}
    for cell, family in keys | {(("ALL", *cell[1:]), family) for cell, family in keys}:
        of_all = [each for each in keys if each[0][1:] == cell[1:] and each[1] == family]
        parts = of_all if cell[0] == "ALL" else [(cell, family)]
        rows = [one for key in parts for one in headline.get(key, ())]
        others = [one for key in parts for one in left_out.get(key, ())]
        yield {
            "tier_id": cell[0],
            "family": family,
            "period_type": cell[1],
            "period_start": cell[2],
            "period_end": period(cell[2], cell[1])[1],
            # An account that changed its tier counts under each, also in ALL.
            "accounts": len({(one.row.tier_id, one.row.account_id) for one in rows}),
            **_family(rows),
            "obligations_excluded": sum(one.disposition == "excluded" for one in others),
            "obligations_provisional": sum(one.disposition == "counted" for one in others),
            "most_failed_condition": _most_failed(rows) if cell[0] != "ALL" else None,
        }


def _family(rows: Sequence[Judged]) -> Row:
    counts = _delivery(rows)
    counted, delivered = counts["obligations_counted"], counts["obligations_delivered"]

    def of_quality(quality: str) -> int:
        return sum(one.is_delivered and one.row.quality == quality for one in rows)

    return {
        **counts,
        "is_required": any(one.row.is_required for one in rows) if rows else None,
        "standard_versions": sorted({one.row.standard_version for one in rows}) or None,
        "obligations_late": sum(one.row.timeliness == "late" for one in rows),
        "obligations_missed": sum(one.row.timeliness == "missed" for one in rows),
        "obligations_below_standard": of_quality("below_standard"),
        "obligations_unverifiable": of_quality("unverifiable"),
        "obligations_unresponsive": sum(map(_is_silent, rows)),
        "delivered_rate": share(delivered, counted),
        "on_time_rate": share(counts["obligations_on_time"], counted),
        "to_standard_rate": share(counts["obligations_to_standard"], delivered),
        "obligation_cts": share(counts["obligations_good"], counted),
        "obligation_cts_upper_bound": share(sum(one.is_good_upper for one in rows), counted),
    }


def _most_failed(rows: Sequence[Judged]) -> str | None:
    failures = Counter(name for one in rows for name in one.row.failed_conditions)
    return min(failures, key=lambda name: (-failures[name], name), default=None)


def mart_underserved_tier(
    today: Sequence[Row], accounts: Sequence[Row], outcomes: Sequence[Row] = ()
) -> Iterator[Row]:
    """Each cause of each tier and period.

    `today` are tier_periods, `accounts` who was covered, `outcomes` the tier_periods of outcomes.
    """
    uncovered: dict[tuple[Cell, str], list[Row]] = defaultdict(list)
    for row in accounts:
        for tier_id in (row["tier_id"], "ALL"):
            if row["cause"] is not None:
                cell = (tier_id, row["period_type"], row["period_start"])
                uncovered[cell, row["cause"]].append(row)
    for row in today:
        cell = (row["tier_id"], row["period_type"], row["period_start"])
        same = [r for r in today if (r["period_type"], r["period_start"]) == cell[1:]]
        gap = _gap(row)
        outcome = _outcome(row, outcomes)
        for place, cause in enumerate(CAUSES, 1):
            yield {
                **{name: row[name] for name in _OF_THE_TIER},
                "cause": cause,
                "cause_order": place,
                **_of_cause(row, uncovered.get((cell, cause), [])),
                "gap": gap,
                "arr_gap": _arr_gap(row),
                "gap_rank": None
                if gap is None
                else 1
                + sum(
                    _gap_order(other) < _gap_order(row) for other in same if _gap(other) is not None
                ),
                **outcome,
                "verdict": _verdict(row, gap, outcome["is_outcome_below"]),
            }


_OF_THE_TIER = (
    "tier_id",
    "period_type",
    "period_start",
    "period_end",
    "accounts_evaluable",
    "accounts_covered",
    "account_cts",
    "account_cts_low",
    "account_cts_high",
    "target_cts",
)


def _of_cause(row: Row, accounts: Sequence[Row]) -> Row:
    """How many accounts, and their ARR: unknown where that of none is known."""
    if row["account_cts"] is None:
        return {"accounts": None, "uncovered_share": None, "arr": None}
    amounts = [each["arr"] for each in accounts if each["arr"] is not None]
    return {
        "accounts": len(accounts),
        "uncovered_share": share(
            len(accounts), row["accounts_evaluable"] - row["accounts_covered"]
        ),
        "arr": sum(amounts) if amounts or not accounts else None,
    }


def _gap(row: Row) -> float | None:
    """How far below the target, where chance alone does not explain it."""
    if row["account_cts"] is None or row["target_cts"] is None:
        return None
    is_below = row["account_cts_high"] < row["target_cts"]
    return float(row["target_cts"] - row["account_cts"]) if is_below else 0.0


def _arr_gap(row: Row) -> float | None:
    if row["arr_evaluable"] is None or row["arr_covered"] is None:
        return None
    return float(row["arr_evaluable"] - row["arr_covered"])


def _gap_order(row: Row) -> tuple[float, bool, float]:
    """The widest gap first, then the most money."""
    money = _arr_gap(row)
    return -(_gap(row) or 0.0), money is None, -(money or 0.0)


OUTCOME = ("logo_renewal_rate", "logo_renewal_rate_low", "logo_renewal_rate_high")


def _outcome(row: Row, outcomes: Sequence[Row]) -> Row:
    """What a tier's coverage came to, over the twelve months until its last whole quarter; OC18."""
    ended = [
        each
        for each in outcomes
        if each["period_type"] == "trailing_12m"
        and each["attribution"] == "tier_then"
        and each["period_end"] == period(each["period_end"], "quarter")[1]
        and each["period_end"] <= row["period_end"]
    ]
    last = max((each["period_end"] for each in ended), default=None)
    tiers = {each["tier_id"]: each for each in ended if each["period_end"] == last}
    rates = [
        each["logo_renewal_rate"]
        for tier_id, each in tiers.items()
        if tier_id not in ("ALL", "NONE") and each["logo_renewal_rate"] is not None
    ]
    mine = tiers.get(row["tier_id"], {})
    is_judged = len(rates) > 1 and row["tier_id"] != "ALL"
    expected = sum(rates) / len(rates) if is_judged else None
    high = mine.get("logo_renewal_rate_high")
    return {
        **{name: mine.get(name) for name in OUTCOME},
        "expected_renewal_rate": expected,
        "is_outcome_below": None if expected is None or high is None else high < expected,
    }


def _verdict(row: Row, gap: float | None, is_outcome_below: bool | None) -> str | None:
    if row["account_cts"] is None:
        return "not_measurable"
    if gap is None:
        return None
    if gap > 0:
        return "undercovered"
    return "covered_no_value" if is_outcome_below else "covered"
