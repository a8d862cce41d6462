"""`make bench`: what tiers, health, ledger and coverage cost on many accounts and activities.

Belongs here: time and memory of these models, group by group, on files made for it. Does not:
asserting a time; machines differ.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
from nightly import AS_OF, peak_memory, timed
from rich.console import Console
from rich.table import Table

from pipelines.assets.models import dbt_project, prepare_manifest
from pipelines.config import load_config
from pipelines.dbt_run import Dbt
from pipelines.home import DEFAULT_MODELS_DIR, Home
from pipelines.night import night
from pipelines.sources import all_streams, open_sources

HEALTH = ("+int_health_day", "path:models/core/health")
SIGNALS = ("+fct_playbook_trigger", "path:models/core/signals")
LEDGER = ("path:models/core/obligations",)
COVERAGE = ("+path:models/marts", "+ops_restatement", "+int_quality_coverage", "fct_arr_month")
TIERS = (
    *(f"path:models/core/{folder}" for folder in ("config", "calendar", "tiers")),
    *("account_assignment_scd2", "int_account_lead"),
)
GROUPS = {
    "what comes before (accounts, contracts, activities …)": (
        *("path:models/staging", "path:models/canonical"),
        *("+fct_activity", "+fct_contract", "+account_scd2", "+dim_account", "dim_csm"),
    ),
    "models, calendars, tiers, assignments": TIERS,
    "health, whose band the ledger asks for": HEALTH,
    "time, signals, triggers, crises": SIGNALS,
    "the ledger of obligations": LEDGER,
    "coverage, outcomes": COVERAGE,
}


def main() -> None:
    """Build group after group; each is timed alone."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--accounts", type=int, default=10_000)
    parser.add_argument("--activities", type=int, default=2_000_000)
    given = parser.parse_args()
    title = f"{given.accounts:,} accounts, 3 years, {given.activities:,} activities"
    table = Table("stage", "seconds", "peak memory so far", "rows", title=title)
    with TemporaryDirectory() as folder:
        root = Path(folder)
        write_firm(root / "config" / "data", given.accounts, given.activities)
        (root / "config" / "sources.yaml").write_text("sources: {firm: {kind: files, path: data}}")
        with (root / "dbt.log").open("w") as log, redirect_stdout(log):
            for stage in measure(root):
                table.add_row(*stage)
    Console().print(table)


def measure(root: Path) -> Iterator[tuple[str, str, str, str]]:
    """Rows of the result: stage, seconds, peak memory, rows of its largest table."""
    home = Home(root / "home")
    config = load_config(root / "config", default_models=DEFAULT_MODELS_DIR)
    prepare_manifest(dbt_project(home), home, ["files"])

    with night(home, config, "bench", as_of=AS_OF) as this_night:

        def read_all() -> None:
            for opened, stream in all_streams(open_sources(config)):
                this_night.read(opened, stream)
            this_night.prepare_inputs()

        yield ("read and load", f"{timed(read_all):.1f}", f"{peak_memory():,.0f} MiB", "")
    dbt = Dbt(home, ["files"])
    done: tuple[str, ...] = ()
    for name, selection in GROUPS.items():
        chosen = ["run", "--select", *selection, *(["--exclude", *done] if done else [])]
        seconds = timed(lambda chosen=chosen: dbt.run(chosen))  # type: ignore[misc]
        done += selection
        yield (name, f"{seconds:.1f}", f"{peak_memory():,.0f} MiB", _largest(home, name))


def _largest(home: Home, group: str) -> str:
    shown = {
        "models, calendars, tiers, assignments": "tier_membership_scd2",
        "the ledger of obligations": "fct_obligation",
        "health, whose band the ledger asks for": "fct_health_measure_daily",
        "time, signals, triggers, crises": "fct_activity_time",
        "coverage, outcomes": "mart_coverage_account_period",
    }.get(group, "fct_activity")
    with duckdb.connect(str(home.warehouse), read_only=True) as con:
        [(rows,)] = con.execute(f"select count(*) from coverage.{shown}").fetchall()
    return f"{shown}: {rows:,}"


def write_firm(folder: Path, accounts: int, activities: int) -> None:
    """A firm in canonical Parquet files: terms of a year, touches of every kind and quality."""
    folder.mkdir(parents=True)
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute("create macro account(n) as 'acc' || lpad(n::varchar, 6, '0')")
    con.execute("create macro person(n) as 'user' || (n % 60) || '@firm.example'")
    for entity, query in _firm(accounts, activities).items():
        con.execute(f"copy ({query}) to '{folder / entity}.parquet' (format parquet)")
    con.close()


def _firm(accounts: int, activities: int) -> dict[str, str]:
    kinds = (
        "['check_in', 'meeting', 'call', 'email', 'note', 'ebr', 'workshop', "
        "'renewal_conversation', 'health_update', 'health_assessment', 'broadcast', 'usage_recap', "
        "'support', 'task', 'business_review', 'onboarding_session', 'kickoff', 'internal_prep']"
    )
    return {
        "accounts": f"""
            select account(i) as account_id, 'Account ' || i as name,
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
                round(arr * (0.8 + (hash(i * 10 + term) % 60) / 100), 2) as arr
            from firm, range(3) as terms(term)
            where not (i % 12 = 5 and term >= 1)""",
        "users": """
            select 'u' || i as user_id, person(i) as email, 'csm' as role from range(60) as t(i)""",
        "success_plans": f"""
            select 'p' || i as plan_id, account(i) as account_id, 'Grow' as objectives,
                date '2026-06-30' - (hash(i) % 200)::integer as updated_on,
                true as is_customer_validated
            from range({accounts}) as t(i) where i % 100 < 17""",
        "tickets": f"""
            select 't' || i as ticket_id, account(hash(i) % {accounts}) as account_id,
                opened_at, opened_at + to_seconds((hash(i * 3) % 90000)::bigint)
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
        "activities": f"""
            with drawn as (
                select i, hash(i) as h, hash(i * 13 + 1) as g, hash(i * 17 + 3) as f
                from range({activities}) as t(i)
            )
            select 'act' || i as activity_id, account(h % {accounts}) as account_id,
                {kinds}[1 + (g % 18)::integer] as type,
                case when (h // 7) % 12 = 0
                    then ['no_show', 'bounced', 'unanswered'][1 + (g % 3)::integer]
                    else 'completed' end as status,
                timestamptz '2023-07-15 07:00:00+00' + to_seconds((f % 93000000)::bigint)
                as started_at,
                20 + f % 60 as minutes,
                ['meeting', 'call', 'email'][1 + (g % 3)::integer] as channel,
                case when (g // 31) % 6 = 0 then 'inbound' else 'outbound' end as direction,
                person(h) as user_emails,
                case when (g // 5) % 4 <> 0 then 'c' || h % 4 || '@cust.example' end
                as contact_emails,
                case when (g // 11) % 3 = 0 then 'economic_buyer' end as personas,
                case when (f // 3) % 4 <> 0 then 'What was said.' end as notes
            from drawn""",
    }


if __name__ == "__main__":
    main()
