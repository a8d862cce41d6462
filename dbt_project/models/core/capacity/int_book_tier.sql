-- The books: whose accounts of which tier, what they need, and how much of the owner's time that
-- is. An owner's time is split over the tiers by what the accounts need, not by their number.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    days as ({{ capacity_days("context") }}),

    csms as (select user_id, started_on, ended_on from {{ ref("dim_csm") }} where is_csm),

    csm_weeks as (select * from {{ ref("int_csm_week") }}),

    models as (select * from {{ ref("cfg_capacity") }}),

    demand as (
        select *, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_account_demand") }}
    ),

    staff as (
        select
            days.as_of_on,
            days.is_current,
            case when csm_weeks.pool is null then csm_weeks.user_id end as owner_user_id,
            csm_weeks.pool as owner_pool,
            count(*) as heads,
            {{ exact_sum("csm_weeks.fte") }} as fte,
            {{ exact_sum("csm_weeks.fte * csm_weeks.ramp_share") }}
            * max(models.net_hours_per_fte) as supply_hours
        from days
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "days.as_of_on") }}
        inner join csm_weeks on csm_weeks.week_start = {{ week_of("days.as_of_on") }}
        inner join csms on csm_weeks.user_id = csms.user_id
        where
            coalesce(csms.started_on <= days.as_of_on, true)
            and coalesce(csms.ended_on > days.as_of_on, true)
        group by
            days.as_of_on,
            days.is_current,
            case when csm_weeks.pool is null then csm_weeks.user_id end,
            csm_weeks.pool
    ),

    units as (select *, {{ unit_of("owner_user_id", "owner_pool") }} as unit from staff),

    books as (
        select
            as_of_on,
            is_current,
            unit,
            owner_user_id,
            case when owner_user_id is null then owner_pool end as owner_pool,
            tier_id,
            count(*) as accounts,
            {{ exact_sum("proactive_hours") }} as proactive_hours,
            {{ exact_sum("reactive_hours") }} as reactive_hours,
            {{ exact_sum("conditional_hours") }} as conditional_hours,
            {{ exact_sum("onboarding_hours") }} as onboarding_hours,
            {{ exact_sum("required_hours") }} as required_hours
        from demand
        group by
            as_of_on,
            is_current,
            unit,
            owner_user_id,
            case when owner_user_id is null then owner_pool end,
            tier_id
    ),

    shared as (
        select
            *,
            case
                when sum(cast(required_hours as decimal(28, 6))) over whole > 0
                then
                    cast(required_hours as double)
                    / cast(sum(cast(required_hours as decimal(28, 6))) over whole as double)
                else cast(accounts as double) / sum(accounts) over whole
            end as share_of_book
        from books
        window whole as (partition by as_of_on, unit)
    ),

    final as (
        select
            coalesce(shared.as_of_on, units.as_of_on) as as_of_on,
            coalesce(shared.is_current, units.is_current) as is_current,
            coalesce(shared.owner_user_id, units.owner_user_id) as owner_user_id,
            coalesce(shared.owner_pool, units.owner_pool) as owner_pool,
            coalesce(shared.tier_id, 'NONE') as tier_id,
            coalesce(shared.accounts, 0) as accounts,
            units.heads,
            coalesce(shared.share_of_book, 1) as share_of_book,
            units.fte * coalesce(shared.share_of_book, 1) as fte,
            units.supply_hours * coalesce(shared.share_of_book, 1) as supply_hours,
            coalesce(shared.proactive_hours, 0) as proactive_hours,
            coalesce(shared.reactive_hours, 0) as reactive_hours,
            coalesce(shared.conditional_hours, 0) as conditional_hours,
            coalesce(shared.onboarding_hours, 0) as onboarding_hours,
            coalesce(shared.required_hours, 0) as required_hours
        from shared
        full outer join units on shared.as_of_on = units.as_of_on and shared.unit = units.unit
    )

select *
from final
order by as_of_on, owner_user_id, owner_pool, tier_id
