"""A firm of any size in canonical files, and the same files a day later.

Belongs here: made-up records in the volumes that the benchmarks tell of: 100 activities, 10 tickets
and 500 readings of usage an account, over three years, and a colleague for 100 accounts. Does
not: a firm whose numbers mean something (sandbox/).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb

FIRST_NIGHT = date(2026, 6, 30)
NEXT_NIGHT = FIRST_NIGHT + timedelta(days=1)

_SOURCES = "sources: {firm: {kind: files, path: data}}\n"
_USAGE_DAYS = 250
_ACCOUNTS_A_COLLEAGUE = 100
"""Fewer colleagues for more accounts would have days of hundreds of meetings at once."""
_TYPES = (
    *("check_in", "meeting", "call", "email", "note", "ebr", "workshop", "renewal_conversation"),
    *("health_update", "health_assessment", "broadcast", "usage_recap", "support", "task"),
    *("business_review", "onboarding_session", "kickoff", "internal_prep"),
)
_MACROS = (
    "account(n) as 'acc' || lpad(n::varchar, 6, '0')",
    "person(n) as 'user' || (n % people()) || '@firm.example'",
    "is_touched(n) as n % 100 = 3",
)


def write_firm(root: Path, accounts: int) -> int:
    """Configuration and files as they are before the first night; how many records they hold.

    Activities are in a part a month, usage in a part a day.
    """
    (root / "config").mkdir(parents=True)
    (root / "config" / "sources.yaml").write_text(_SOURCES)
    return _write(root, accounts, FIRST_NIGHT)


def a_day_later(root: Path, accounts: int) -> int:
    """The same for the next night; how many records were written.

    A hundredth of the accounts says something else, as do their contracts, tickets and this
    month's activities; each account has a day of usage more, one in ten an activity more.
    """
    return _write(root, accounts, NEXT_NIGHT)


def _write(root: Path, accounts: int, night: date) -> int:
    data, written = root / "config" / "data", 0
    with duckdb.connect() as con:
        con.execute("set TimeZone = 'UTC'")
        for macro in (f"people() as {_people(accounts)}", *_MACROS):
            con.execute(f"create macro {macro}")
        con.execute(f"create macro is_later() as {night > FIRST_NIGHT}")
        con.execute(f"create temp table activities as {_activities(accounts)}")
        for file, query in _files(accounts, night):
            path = data / f"{file}.parquet"
            path.parent.mkdir(parents=True, exist_ok=True)
            [(rows,)] = con.execute(f"copy ({query}) to '{path}' (format parquet)").fetchall()
            written += int(rows)
    return written


def _people(accounts: int) -> int:
    return max(accounts // _ACCOUNTS_A_COLLEAGUE, 1)


def _files(accounts: int, night: date) -> Iterator[tuple[str, str]]:
    """Names and contents of the files that are new before a night."""
    yield from _whole(accounts).items()
    is_first = night == FIRST_NIGHT
    this_month = night.replace(day=1) - timedelta(days=1)  # June, also on the first of July
    months = [date(2023 + m // 12, 1 + m % 12, 1) for m in range(6, 42)]
    for month in months if is_first else [this_month.replace(day=1)]:
        yield (
            f"activities/{month:%Y-%m}",
            f"from activities where date_trunc('month', started_at) = date '{month}'",
        )
    for day in range(_USAGE_DAYS if is_first else 1):
        on = night - timedelta(days=day)
        yield f"usage/{on}", _usage(accounts, on)


def _whole(accounts: int) -> dict[str, str]:
    return {
        "accounts": f"""
            select account(i) as account_id,
                'Account ' || i || if(is_later() and is_touched(i), ' Ltd', '') as name,
                ['US', 'GB', 'DE', 'FR'][1 + i % 4] as country, person(i) as owner_email,
                date '2023-07-01' + (hash(i) % 700)::integer as started_on
            from range({accounts}) as t(i)""",
        # About 2, 5, 10, 20 and 63 % of the accounts in T1 to T5; some leave after a year.
        "contracts": f"""
            with firm as (
                select i, date '2023-07-01' + (hash(i) % 700)::integer as first_day,
                    case when i % 100 < 2 then 150000 when i % 100 < 7 then 70000
                        when i % 100 < 17 then 30000 when i % 100 < 37 then 15000
                        else 4000 end as arr
                from range({accounts}) as t(i)
            )
            select account(i) || '-' || term as contract_id, account(i) as account_id,
                first_day + (365 * term)::integer as starts_on,
                first_day + (365 * term + 364)::integer as ends_on,
                round(arr * (0.8 + (hash(i * 10 + term) % 60) / 100), 2)
                    + if(is_later() and is_touched(i), 500, 0) as arr
            from firm, range(3) as terms(term)
            where not (i % 12 = 5 and term >= 1)""",
        "users": f"""
            select 'u' || i as user_id, person(i) as email, 'csm' as role
            from range({_people(accounts)}) as t(i)""",
        "success_plans": f"""
            select 'p' || i as plan_id, account(i) as account_id, 'Grow' as objectives,
                date '2026-06-30' - (hash(i) % 200)::integer as updated_on,
                true as is_customer_validated
            from range({accounts}) as t(i) where i % 100 < 17""",
        "tickets": f"""
            select 't' || i as ticket_id, account(hash(i) % {accounts}) as account_id,
                opened_at, opened_at + to_seconds((hash(i * 3) % 90000)::bigint)
                    + if(is_later() and is_touched(hash(i) % {accounts}), to_hours(1), to_hours(0))
                    as first_response_at
            from (
                select i, timestamptz '2023-08-01 00:00:00+00'
                    + to_seconds((hash(i * 7) % 90000000)::bigint) as opened_at
                from range({accounts * 10}) as t(i)
            )""",
        "exceptions": f"""
            select 'e' || i as exception_id, account(i * 37 % {accounts}) as account_id,
                ['pause', 'waiver'][1 + i % 2] as kind, 'agreed' as reason, 'boss' as approved_by,
                date '2024-01-01' + (hash(i) % 800)::integer as "from",
                date '2024-01-01' + (hash(i) % 800 + 10 + i % 80)::integer as "to"
            from range({accounts // 20}) as t(i)""",
    }


def _activities(accounts: int) -> str:
    """All of three years, the newest of the later day last."""
    types = ", ".join(f"'{name}'" for name in _TYPES)
    many = accounts * 100
    return f"""
        with drawn as (
            select i, hash(i) as h, hash(i * 13 + 1) as g, hash(i * 17 + 3) as f,
                i >= {many} as is_new
            from range({many} + if(is_later(), {accounts // 10}, 0)) as t(i)
        )
        select 'act' || i as activity_id, account(h % {accounts}) as account_id,
            [{types}][1 + (g % {len(_TYPES)})::integer] as type,
            case when (h // 7) % 12 = 0
                then ['no_show', 'bounced', 'unanswered'][1 + (g % 3)::integer]
                else 'completed' end as status,
            if(is_new, timestamptz '2026-06-30 08:00:00+00' + to_seconds((f % 36000)::bigint),
                timestamptz '2023-07-15 07:00:00+00' + to_seconds((f % 93000000)::bigint))
                as started_at,
            20 + f % 60 as minutes,
            ['meeting', 'call', 'email'][1 + (g % 3)::integer] as channel,
            case when (g // 31) % 6 = 0 then 'inbound' else 'outbound' end as direction,
            person(h % {accounts} + (f // 13) % 3) as user_emails,
            case when (g // 5) % 4 <> 0 then 'c' || h % 4 || '@cust.example' end as contact_emails,
            case when (g // 11) % 3 = 0 then 'economic_buyer' end as personas,
            case when (f // 3) % 4 <> 0 then 'What was said.' end
                || if(is_later() and is_touched(h % {accounts}), ' And done.', '') as notes
        from drawn"""


def _usage(accounts: int, on: date) -> str:
    return f"""
        select account(i) as account_id, date '{on}' as "on",
            ['sessions', 'active_users'][1 + m] as metric,
            (hash(i * 1000 + day(date '{on}') * 7 + m) % 100)::varchar as value
        from range({accounts}) as t(i), range(2) as metrics(m)"""
