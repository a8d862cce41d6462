"""What has moved since outcomes of a period were first reported, and why (ops_restatement.yml).

Belongs here: differences of renewal and retention rates by their cause. Does not: those of
coverage (restatement).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from oracle.outcomes import ALL, Due, Outcomes, Period
from oracle.restatement import NO_DIFFERENCE
from oracle.world import Row

RENEWALS = ("logo_renewal_rate", "gross_renewal_rate", "net_renewal_rate")
METRICS = (*RENEWALS, "grr", "nrr")
KEY = ("tier_id", "period_type", "period_start")


def outcome_restatement(outcomes: Outcomes, periods: Sequence[Row], version: str) -> Iterator[Row]:
    """One row a metric, tier, closed period and cause; `periods`: mart_outcomes_tier_period."""
    closed = [
        row for row in periods if row["is_period_closed"] and row["attribution"] == "tier_then"
    ]
    restated = {_cell(row): row for row in closed if row["basis"] == "restated"}
    for row in closed:
        if row["basis"] == "first_reported":
            now = restated.get(_cell(row), {})
            for metric in METRICS:
                if row[metric] != now.get(metric):
                    for difference in _by_cause(outcomes, metric, row, now.get(metric), version):
                        yield {
                            "metric": metric,
                            **{name: row[name] for name in (*KEY, "period_end")},
                            "first_reported_on": row["first_reported_on"],
                            "first_reported": row[metric],
                            "restated": now.get(metric),
                            "obligations": None,
                            **difference,
                        }


def _cell(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in KEY)


def _by_cause(
    outcomes: Outcomes, metric: str, row: Row, now: float | None, version: str
) -> Iterator[Row]:
    """What was renewed after the report; what is left has another cause."""
    known_then = now
    if metric in RENEWALS:
        within = Period(row["period_type"], row["period_start"], row["period_end"])
        due = [
            each
            for each in outcomes.due(within, "tier_then")
            if row["tier_id"] in (ALL, each.tier_id)
        ]
        then = [_as_known(outcomes, each, row["first_reported_on"]) for each in due]
        known_then = outcomes.renewed(then)[metric]
        if now is not None and known_then is not None and now != known_then:
            yield {"cause": "renewed_later", "difference": now - known_then}
        known_then = now if known_then is None else known_then
    first = row[metric]
    rest = None if known_then is None or first is None else known_then - first
    if rest is None or abs(rest) > NO_DIFFERENCE:
        is_other = row["first_reported_config_version"] == version
        yield {"cause": "other" if is_other else "model_changed", "difference": rest}


def _as_known(outcomes: Outcomes, due: Due, day: date) -> Due:
    """A renewal, had nothing been known of a successor that was signed after a day."""
    heir = due.row.successor
    if heir is None or due.row.days_late is None:
        return due
    signed_on = outcomes.succession.of(heir).signed_on if heir.number == 1 else None
    if (signed_on or heir.starts_on) <= day:
        return due
    return replace(due, row=replace(due.row, renewed_arr=0.0, outcome="open_lapsed"))
