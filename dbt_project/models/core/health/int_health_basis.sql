-- A fingerprint of all that the health of each wanted day follows from: how the day is wanted, what
-- is known of the sources on it, and every fact of the account up to it. While that is as it was,
-- so
-- is what was computed from it.
{{ config(schema="core") }}
with
    days as (select * from {{ ref("int_health_wanted_day") }}),

    source_days as (select * from {{ ref("int_health_source_day") }}),

    wanted as (
        select
            days.account_id,
            days.day,
            sum(
                {{
                    row_hash(
                        [
                            "days.holds_from",
                            "days.effective_from",
                            "days.health_version",
                            "days.is_model_of_day",
                            "days.is_on_spine",
                            "days.is_for_ledger",
                            "days.tier_id",
                            "days.age_days",
                            "days.start_on",
                            "days.age_months",
                            "source_days.activity_on",
                            "source_days.ticket_on",
                            "source_days.first_activity_on",
                            "source_days.has_tickets",
                            "source_days.has_personas",
                        ]
                    )
                }}
            ) as day_hash
        from days
        inner join source_days on days.day = source_days.day
        group by days.account_id, days.day
    ),

    facts as (
        select
            account_id,
            day,
            sum({{ row_hash(["day", "kind", "name", "value", "source_name"]) }}) as fact_hash
        from {{ ref("int_health_fact") }}
        group by account_id, day
    ),

    until_then as (
        select
            account_id,
            day,
            day_hash,
            is_wanted,
            sum(fact_hash) over (partition by account_id order by day) as facts_hash
        from
            (
                select account_id, day, day_hash, null as fact_hash, true as is_wanted
                from wanted
                union all
                select account_id, day, null as day_hash, fact_hash, false as is_wanted
                from facts
            ) as wanted_and_facts
    ),

    -- Sums of hashes can be added: that is the hash of the day and its facts together.
    final as (
        select account_id, day, day_hash + coalesce(facts_hash, 0) as fingerprint
        from until_then
        where is_wanted
    )

select *
from final
