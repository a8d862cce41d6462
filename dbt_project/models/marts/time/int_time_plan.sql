-- What standards ask of each CSM, and for each tier, in a week, beside what was given: proactive
-- work, and the customers' own questions that were to be expected.
{{ config(schema="core") }}
with
    weeks as (
        select distinct period_start as week_start
        from {{ ref("mart_time_allocation") }}
        where grain = 'csm_week'
    ),

    supply as (select * from {{ ref("int_csm_week") }}),

    demand as (select * from {{ ref("int_account_demand") }}),

    worked as (
        select
            user_id,
            tier_id,
            week_start,
            case when category = 'proactive' then minutes else 0 end as proactive_minutes,
            case when category = 'reactive' then minutes else 0 end as reactive_minutes
        from {{ ref("fct_activity_time") }}
        where minutes > 0
    ),

    csms as (select user_id from {{ ref("dim_csm") }} where is_csm),

    states as (select distinct as_of_on from demand),

    -- The plan of a week is that of the last month that was over before it.
    planned_weeks as (
        select weeks.week_start, max(states.as_of_on) as as_of_on
        from weeks
        inner join states on states.as_of_on < weeks.week_start
        group by weeks.week_start
    ),

    books as (
        select
            as_of_on,
            owner_user_id,
            case when owner_user_id is null then owner_pool end as owner_pool,
            tier_id,
            {{ exact_sum("proactive_hours / 52", 9) }} as designed_proactive_hours,
            {{ exact_sum("reactive_hours / 52", 9) }} as planned_reactive_hours
        from demand
        group by
            as_of_on, owner_user_id, case when owner_user_id is null then owner_pool end, tier_id
    ),

    pools as (
        select pool, week_start, {{ exact_sum("supply_hours", 9) }} as supply_hours
        from supply
        where pool is not null
        group by pool, week_start
    ),

    pool_parts as (
        select
            supply.user_id,
            supply.week_start,
            supply.pool,
            coalesce({{ share("supply.supply_hours", "pools.supply_hours") }}, 0) as pool_share
        from supply
        inner join pools on supply.pool = pools.pool and supply.week_start = pools.week_start
    ),

    plan_parts as (
        select
            books.owner_user_id as user_id,
            cast(null as varchar) as tier_id,
            planned_weeks.week_start,
            books.designed_proactive_hours,
            books.planned_reactive_hours
        from planned_weeks
        inner join books on planned_weeks.as_of_on = books.as_of_on
        where books.owner_user_id is not null
        union all
        select
            pool_parts.user_id,
            cast(null as varchar) as tier_id,
            planned_weeks.week_start,
            books.designed_proactive_hours * pool_parts.pool_share,
            books.planned_reactive_hours * pool_parts.pool_share
        from planned_weeks
        inner join books on planned_weeks.as_of_on = books.as_of_on
        inner join
            pool_parts
            on books.owner_pool = pool_parts.pool
            and planned_weeks.week_start = pool_parts.week_start
        union all
        select
            cast(null as varchar) as user_id,
            books.tier_id,
            planned_weeks.week_start,
            books.designed_proactive_hours,
            books.planned_reactive_hours
        from planned_weeks
        inner join books on planned_weeks.as_of_on = books.as_of_on
        where books.tier_id is not null
    ),

    plans as (
        select
            user_id,
            tier_id,
            week_start,
            {{ exact_sum("designed_proactive_hours", 9) }} as designed_proactive_hours,
            {{ exact_sum("planned_reactive_hours", 9) }} as planned_reactive_hours
        from plan_parts
        group by user_id, tier_id, week_start
    ),

    given as (
        select
            worked.user_id,
            cast(null as varchar) as tier_id,
            worked.week_start,
            {{ exact_sum("worked.proactive_minutes") }} / 60 as proactive_hours,
            {{ exact_sum("worked.reactive_minutes") }} / 60 as reactive_hours
        from worked
        inner join csms on worked.user_id = csms.user_id
        group by worked.user_id, worked.week_start
        union all
        select
            cast(null as varchar) as user_id,
            tier_id,
            week_start,
            {{ exact_sum("proactive_minutes") }} / 60 as proactive_hours,
            {{ exact_sum("reactive_minutes") }} / 60 as reactive_hours
        from worked
        where tier_id is not null
        group by tier_id, week_start
    ),

    everyone as (
        select user_id, cast(null as varchar) as tier_id, period_start as week_start
        from {{ ref("mart_time_allocation") }}
        where grain = 'csm_week' and category = 'proactive'
        union all
        select distinct cast(null as varchar) as user_id, tiers.tier_id, weeks.week_start
        from
            (
                select distinct tier_id
                from demand
                where tier_id is not null
                union
                select distinct tier_id
                from worked
                where tier_id is not null
            ) as tiers
        cross join weeks
    ),

    compared as (
        select
            everyone.user_id,
            everyone.tier_id,
            everyone.week_start,
            case
                when planned_weeks.as_of_on is not null
                then coalesce(plans.designed_proactive_hours, 0)
            end as designed_proactive_hours,
            case
                when planned_weeks.as_of_on is not null
                then coalesce(plans.planned_reactive_hours, 0)
            end as planned_reactive_hours,
            coalesce(given.proactive_hours, 0) as proactive_hours,
            coalesce(given.reactive_hours, 0) as reactive_hours
        from everyone
        left join planned_weeks on everyone.week_start = planned_weeks.week_start
        left join
            plans
            on everyone.week_start = plans.week_start
            and coalesce(everyone.user_id, '') = coalesce(plans.user_id, '')
            and coalesce(everyone.tier_id, '') = coalesce(plans.tier_id, '')
        left join
            given
            on everyone.week_start = given.week_start
            and coalesce(everyone.user_id, '') = coalesce(given.user_id, '')
            and coalesce(everyone.tier_id, '') = coalesce(given.tier_id, '')
    ),

    final as (
        select
            user_id,
            tier_id,
            week_start,
            designed_proactive_hours,
            planned_reactive_hours,
            proactive_hours,
            reactive_hours,
            case
                when planned_reactive_hours is null
                then null
                when reactive_hours > planned_reactive_hours
                then greatest(designed_proactive_hours - proactive_hours, 0)
                else 0
            end as crowd_out_hours
        from compared
    )

select *
from final
order by user_id, tier_id, week_start
