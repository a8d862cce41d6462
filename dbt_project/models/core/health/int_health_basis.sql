-- A fingerprint of all that the health of each wanted day follows from: how the day is wanted, what
-- is known of the sources on it, and every fact of the account up to it. While that stays, so does
-- what was computed from it. Few rows differ in what is hashed of them: what is alike is hashed
-- once.
{{ config(schema="core") }}
{% set way = [
    "holds_from",
    "effective_from",
    "health_version",
    "is_model_of_day",
    "is_on_spine",
    "is_for_ledger",
    "tier_id",
    "start_on",
] %}
{% set content = ["day", "kind", "name", "value", "source_name"] %}
with
    -- Age follows from the day and the account's start.
    days as (
        select account_id, day, {{ way | join(", ") }} from {{ ref("int_health_wanted_day") }}
    ),

    facts as (select account_id, {{ content | join(", ") }} from {{ ref("int_health_fact") }}),

    accounts as ({{ account_numbers("days") }}),

    ways as (
        select *, {{ row_hash(way) }} as way_hash
        from (select distinct {{ way | join(", ") }} from days) as ways_of_days
    ),

    contents as (
        select *, {{ row_hash(content) }} as fact_hash
        from (select distinct {{ content | join(", ") }} from facts) as contents_of_facts
    ),

    source_days as (
        select
            day,
            {{
                row_hash(
                    [
                        "activity_on",
                        "ticket_on",
                        "first_activity_on",
                        "has_tickets",
                        "has_personas",
                    ]
                )
            }} as source_hash
        from {{ ref("int_health_source_day") }}
    ),

    wanted as (
        select days.account_id, days.day, sum(ways.way_hash) as day_hash
        from days
        inner join
            ways
            on {%- for column in way %}
                {{ "and " if not loop.first }}days.{{ column }}
                is not distinct from ways.{{ column }}
            {%- endfor %}
        group by days.account_id, days.day
    ),

    fact_days as (
        select facts.account_id, facts.day, sum(contents.fact_hash) as fact_hash
        from facts
        inner join
            contents
            on {%- for column in content %}
                {{ "and " if not loop.first }}facts.{{ column }}
                is not distinct from contents.{{ column }}
            {%- endfor %}
        group by facts.account_id, facts.day
    ),

    wanted_and_facts as (
        select account_id, day, day_hash, null as fact_hash, true as is_wanted
        from wanted
        union all
        select account_id, day, null as day_hash, fact_hash, false as is_wanted
        from fact_days
    ),

    until_then as (
        select
            accounts.account_number,
            told.day,
            told.day_hash,
            told.is_wanted,
            sum(told.fact_hash) over (
                partition by accounts.account_number order by told.day
            ) as facts_hash
        from wanted_and_facts as told
        inner join accounts on told.account_id = accounts.account_id
    ),

    -- Sums of hashes can be added: that is the hash of the day and its facts together.
    final as (
        select
            accounts.account_id,
            until_then.day,
            until_then.day_hash
            + source_days.source_hash
            + coalesce(until_then.facts_hash, 0) as fingerprint
        from until_then
        inner join accounts on until_then.account_number = accounts.account_number
        inner join source_days on until_then.day = source_days.day
        where until_then.is_wanted
    )

select *
from final
