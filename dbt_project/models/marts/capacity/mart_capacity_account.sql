-- What each account needs of people's time, by part; whether one person can give it; what the next
-- 13 weeks ask; and whose time would be left over without it.
with
    context as (
        select as_of, {{ week_of("as_of") }} as this_week, config_version
        from {{ source("meta", "context") }}
    ),

    demand as (
        select *, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_account_demand") }}
        where is_current
    ),

    accounts as (select account_id, lifecycle_stage from {{ ref("dim_account") }}),

    models as (select * from {{ ref("cfg_capacity") }}),

    event_weeks as (select * from {{ ref("int_account_event_week") }}),

    reactive_weeks as (select * from {{ ref("int_account_reactive") }}),

    histories as (
        select account_id, complexity, valid_from, valid_to from {{ ref("account_scd2") }}
    ),

    csms as (select user_id from {{ ref("dim_csm") }} where is_csm and is_employed),

    csm_weeks as (select user_id, week_start, fte from {{ ref("int_csm_week") }}),

    assignments as (select * from {{ ref("account_assignment_scd2") }}),

    costs as (
        select
            {{ exact_sum("users.loaded_cost_per_year") }}
            / count(users.loaded_cost_per_year) as cost_per_fte
        from {{ ref("users") }} as users
        inner join csms on users.user_id = csms.user_id
    ),

    owners as (
        select
            {{ unit_of("owner_user_id", "owner_pool") }} as unit,
            {{ exact_sum("supply_hours") }} as supply_hours
        from {{ ref("int_book_tier") }}
        where is_current
        group by {{ unit_of("owner_user_id", "owner_pool") }}
    ),

    next_weeks as (
        select
            event_weeks.account_id,
            {{ exact_sum("event_weeks.event_hours + event_weeks.onboarding_hours") }} as hours,
            max(event_weeks.event_hours + event_weeks.onboarding_hours) as peak_hours,
            min_by(
                event_weeks.week_start,
                (- (event_weeks.event_hours + event_weeks.onboarding_hours), event_weeks.week_start)
            ) as peak_week_start
        from event_weeks
        cross join context
        where
            event_weeks.week_start > context.this_week
            and event_weeks.week_start <= {{ add_days("context.this_week", 13 * 7) }}
        group by event_weeks.account_id
    ),

    -- CSMs all of whose accounts are one.
    looked_after as (
        select distinct assignments.user_id, assignments.account_id
        from assignments
        cross join context
        inner join demand on assignments.account_id = demand.account_id
        inner join csms on assignments.user_id = csms.user_id
        where {{ holds_on("assignments", "valid_from", "valid_to", "context.as_of") }}
    ),

    dedicated as (
        select user_id, min(account_id) as account_id
        from looked_after
        group by user_id
        having count(*) = 1
    ),

    stranded as (
        select dedicated.account_id, {{ exact_sum("csm_weeks.fte") }} as fte
        from dedicated
        cross join context
        inner join
            csm_weeks
            on dedicated.user_id = csm_weeks.user_id
            and csm_weeks.week_start = context.this_week
        group by dedicated.account_id
    ),

    before as (
        select reactive_weeks.account_id, reactive_weeks.base_hours_per_year, histories.complexity
        from reactive_weeks
        cross join context
        left join
            histories
            on reactive_weeks.account_id = histories.account_id
            and {{ holds_on("histories", "valid_from", "valid_to", add_days("context.as_of", -30)) }}
        where reactive_weeks.week_start = {{ week_of(add_days("context.as_of", -30)) }}
    ),

    steps as (
        select
            latest.account_id,
            latest.base_hours_per_year - before.base_hours_per_year as more_hours,
            latest.base_hours_per_year >= 1.5 * before.base_hours_per_year
            or coalesce(
                (demand.complexity = 'high' and before.complexity in ('low', 'medium'))
                or (demand.complexity = 'medium' and before.complexity = 'low'),
                false
            ) as has_complexity_step_up
        from reactive_weeks as latest
        cross join context
        inner join before on latest.account_id = before.account_id
        inner join demand on latest.account_id = demand.account_id
        where latest.week_start = context.this_week
    ),

    weighed as (
        select
            demand.*,
            models.net_hours_per_fte,
            models.lead_fully_booked,
            owners.supply_hours as owner_supply_hours,
            (demand.required_hours - demand.event_hours - demand.onboarding_hours)
            / 52 as even_hours,
            coalesce(next_weeks.hours, 0) as next_hours,
            coalesce(next_weeks.peak_hours, 0) as peak_hours,
            next_weeks.peak_week_start
        from demand
        cross join context
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
        left join owners on demand.unit = owners.unit
        left join next_weeks on demand.account_id = next_weeks.account_id
    ),

    forecast as (
        select
            *,
            required_hours / net_hours_per_fte as required_fte,
            13 * even_hours + next_hours as next_13w_required_hours,
            (13 * even_hours + next_hours) * 4 / net_hours_per_fte as next_13w_required_fte
        from weighed
    ),

    final as (
        select
            forecast.account_id,
            forecast.tier_id,
            forecast.owner_user_id,
            forecast.owner_pool,
            accounts.lifecycle_stage,
            forecast.arr,
            forecast.complexity,
            forecast.complexity_multiplier,
            forecast.standard_hours,
            forecast.proactive_hours,
            forecast.reactive_hours,
            forecast.conditional_hours,
            forecast.onboarding_hours,
            forecast.required_hours,
            forecast.required_hours / 52 as weekly_required_hours,
            forecast.required_fte,
            forecast.required_fte > forecast.lead_fully_booked as is_single_person_exceeded,
            {{ share("forecast.required_hours", "forecast.owner_supply_hours") }} as owner_load,
            forecast.peak_week_start,
            forecast.even_hours + forecast.peak_hours as peak_week_hours,
            forecast.next_13w_required_hours,
            forecast.next_13w_required_fte,
            greatest(forecast.required_fte - forecast.next_13w_required_fte, 0) as surplus_fte,
            greatest(forecast.next_13w_required_fte - forecast.required_fte, 0) as deficit_fte,
            (forecast.next_13w_required_fte - forecast.required_fte)
            * costs.cost_per_fte as budget_delta,
            cast(null as double) as licence_delta,
            steps.has_complexity_step_up,
            case
                when steps.has_complexity_step_up
                then greatest(steps.more_hours, 0) / forecast.net_hours_per_fte
                when not steps.has_complexity_step_up
                then 0
            end as recommended_extra_fte,
            coalesce(stranded.fte, 0) as stranded_fte,
            context.as_of as as_of_date,
            context.config_version
        from forecast
        cross join context
        cross join costs
        left join accounts on forecast.account_id = accounts.account_id
        left join steps on forecast.account_id = steps.account_id
        left join stranded on forecast.account_id = stranded.account_id
    )

select *
from final
order by account_id
