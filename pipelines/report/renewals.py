"""Renewals that are due soon, and which of them are at risk.

Belongs here: term ends of the next 120 days with what speaks against them. Does not: renewals that
are over (outcomes).
"""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from pipelines.explain.published import Row
from pipelines.report.parts import Column, Section, Table
from pipelines.report.readings import Readings
from pipelines.report.words import cause_words, day, listed, plain, several

DAYS = 120
SHOWN = 25

_DUE = f"""
    with context as (
        select max(as_of_date) as as_of from fct_renewal
    ),
    due as (
        select renewal_id, account_id, term_end_on, atr, notice_on, tier_id
        from fct_renewal
        cross join context
        where
            outcome = 'upcoming'
            and term_end_on > context.as_of
            and term_end_on <= context.as_of + {DAYS}
    ),
    uncovered as (
        select account_id, min_by(cause, (-coalesce(arr, 0), tier_id)) as cause
        from mart_coverage_account_period
        where period_type = 'quarter' and period_start = $1 and not is_covered
        group by account_id
    ),
    alarms as (
        select account_id, list(distinct rule_id order by rule_id) as rules
        from fct_playbook_trigger
        where is_open and fired_on is not null and severity = 'high'
        group by account_id
    ),
    risks as (
        select
            due.*,
            accounts.name,
            accounts.health_shown_band as band,
            accounts.health_shown_band = 'red' as is_red,
            uncovered.cause,
            alarms.rules,
            due.notice_on is not null
            or coalesce(accounts.health_shown_band = 'red', false)
            or uncovered.account_id is not null
            or alarms.account_id is not null as is_at_risk
        from due
        left join mart_account_360 as accounts on due.account_id = accounts.account_id
        left join uncovered on due.account_id = uncovered.account_id
        left join alarms on due.account_id = alarms.account_id
    )
    select
        *,
        count(*) over () as due_terms,
        sum(atr) over () as due_arr,
        count(*) filter (where is_at_risk) over () as risk_terms,
        sum(atr) filter (where is_at_risk) over () as risk_arr
    from risks
    order by is_at_risk desc, atr desc nulls last, term_end_on, renewal_id
    limit {SHOWN}
"""

_MISSING = (
    f"No term end of the next {DAYS} days is known that is still open. Contracts with their last "
    "day (from a CRM or a sheet) would bring them."
)


def renewals(readings: Readings) -> Section:
    """The largest renewals at risk of the next 120 days."""
    title = f"Renewals of the next {DAYS} days at risk"
    about = readings.quarter
    rows = readings.rows(_DUE, about.starts_on if about else None)
    if not rows:
        return Section("renewals", title, missing=_MISSING)
    whole = rows[0]
    listed_rows = [row for row in rows if row["is_at_risk"]]
    left = whole["risk_terms"] - len(listed_rows)
    said = Markup(
        "{}{} {} within {} days and {} still open. Of these at risk: {}{}, because notice is "
        "given, {} is red, the account was not {} in the last whole quarter, or a grave {} is open."
    ).format(
        several(whole["due_terms"], "term"),
        readings.worth(whole["due_arr"]),
        readings.glossary.link(
            "fct_renewal.term_end_on", "end" if whole["due_terms"] > 1 else "ends"
        ),
        DAYS,
        "are" if whole["due_terms"] > 1 else "is",
        whole["risk_terms"],
        readings.worth(whole["risk_arr"]),
        readings.glossary.link("mart_account_360.health_shown_band", "health"),
        readings.glossary.link("mart_coverage_account_period.is_covered", "covered"),
        readings.glossary.link("fct_playbook_trigger.is_open", "playbook trigger"),
    )
    return Section(
        "renewals",
        title,
        said=[said],
        tables=[_table(readings, listed_rows, left)] if listed_rows else [],
    )


def _table(readings: Readings, rows: Sequence[Row], left: int) -> Table:
    return Table(
        "The largest first",
        [
            Column("account", is_number=False),
            Column("tier", is_number=False),
            Column("ARR", "fct_renewal.atr"),
            Column("ends", "fct_renewal.term_end_on"),
            Column("health", "mart_account_360.health_shown_band", is_number=False),
            Column("why it is here", is_number=False),
        ],
        [
            (
                row["name"] or row["account_id"],
                row["tier_id"] or "",
                readings.money(row["atr"]),
                day(row["term_end_on"]),
                _band(row["band"]),
                _why(row),
            )
            for row in rows
        ],
        note=f"And {several(left, 'more', 'more')} in fct_renewal." if left > 0 else "",
    )


def _band(band: str | None) -> Markup:
    name = plain(band) if band else "no score"
    return Markup('<span class="band band-{}">{}</span>').format(band or "none", name)


def _why(row: Row) -> str:
    reasons = [
        *([f"notice given {day(row['notice_on'])}"] if row["notice_on"] else []),
        *(["red health"] if row["is_red"] else []),
        *([f"not covered: {cause_words(row['cause'])}"] if row["cause"] else []),
        *([listed(plain(rule) for rule in row["rules"])] if row["rules"] else []),
    ]
    return "; ".join(reasons)
