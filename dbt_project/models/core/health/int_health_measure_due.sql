-- The days whose measures are weighed tonight: those that are computed, and all on which a measure
-- is held, or was: what is held there is another day's score.
{{ config(schema="core") }}
with
    days as (select * from {{ ref("int_health_wanted_day") }}),

    due as (select * from {{ ref("int_health_due") }}),

    holds as (
        select held_from, held_to
        from {{ ref("int_health_hold") }}
        union
        select before.held_from, before.held_to
        from {{ kept_from_night_to_night("health_hold") }} as before
        inner join {{ ref("int_health_standing") }} as standing on standing.is_standing
    ),

    held as (
        select days.*
        from days
        inner join
            (
                select distinct wanted.day
                from (select distinct day from days) as wanted
                inner join holds on wanted.day >= holds.held_from and wanted.day < holds.held_to
            ) as held_days
            on days.day = held_days.day
        left join due on days.account_id = due.account_id and days.day = due.day
        where due.account_id is null
    ),

    final as (
        select *
        from due
        union all
        select
            account_id,
            day,
            true as is_wanted,
            holds_from,
            effective_from,
            health_version,
            is_model_of_day,
            is_on_spine,
            is_for_ledger,
            tier_id,
            age_days,
            start_on,
            age_months
        from held
    )

select *
from final
