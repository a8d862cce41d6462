-- What each person or pool has to give in each week, and what their accounts need of it.
with
    context as (
        select as_of, {{ week_of("as_of") }} as this_week, config_version
        from {{ source("meta", "context") }}
    ),

    csm_weeks as (select * from {{ ref("int_csm_week") }}),

    demand as (select * from {{ ref("int_account_demand") }}),

    event_weeks as (select * from {{ ref("int_account_event_week") }}),

    leads as (select * from {{ ref("int_account_lead") }}),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    mondays as (
        select
            cast(
                {{
                    rows_of(
                        weeks_between_dates(
                            add_days("this_week", -104 * 7), add_days("this_week", 13 * 7)
                        )
                    )
                }} as date
            ) as week_start,
            as_of
        from context
    ),

    weeks as (
        select
            mondays.week_start,
            least(mondays.week_start, mondays.as_of) as led_on,
            max(days.as_of_on) as told_on
        from mondays
        left join
            (select distinct as_of_on from demand) as days on days.as_of_on <= mondays.week_start
        group by mondays.week_start, mondays.as_of
    ),

    needed as (
        select
            demand.account_id,
            weeks.week_start,
            weeks.led_on,
            (demand.required_hours - demand.event_hours - demand.onboarding_hours) / 52 as hours,
            1 as accounts
        from weeks
        inner join demand on weeks.told_on = demand.as_of_on
        union all
        select
            event_weeks.account_id,
            weeks.week_start,
            weeks.led_on,
            event_weeks.event_hours + event_weeks.onboarding_hours as hours,
            0 as accounts
        from weeks
        inner join event_weeks on weeks.week_start = event_weeks.week_start
        where weeks.told_on is not null
    ),

    required as (
        select
            {{ unit_of("coalesce(leads.user_id, leads.user_email)", "leads.pool") }} as unit,
            needed.week_start,
            cast(sum(needed.accounts) as bigint) as accounts,
            {{ exact_sum("needed.hours") }} as required_hours
        from needed
        inner join
            active_accounts
            on needed.account_id = active_accounts.account_id
            and {{ holds_on("active_accounts", "active_from", "active_to", "needed.led_on") }}
        inner join
            leads
            on needed.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "needed.led_on") }}
        group by
            {{ unit_of("coalesce(leads.user_id, leads.user_email)", "leads.pool") }},
            needed.week_start
    ),

    supply as (
        select
            case when pool is null then user_id end as user_id,
            pool,
            {{ unit_of("case when pool is null then user_id end", "pool") }} as unit,
            week_start,
            count(*) as heads,
            {{ exact_sum("fte") }} as fte,
            {{ exact_sum("working_hours") }} as working_hours,
            {{ exact_sum("supply_hours") }} as supply_hours
        from csm_weeks
        group by case when pool is null then user_id end, pool, week_start
    ),

    -- A pool whose people nobody has told of has accounts all the same.
    pools as (
        select distinct pool, {{ unit_of("null", "pool") }} as unit
        from leads
        where pool is not null
    ),

    units as (
        select user_id, pool, week_start, unit
        from supply
        union
        select cast(null as varchar) as user_id, pools.pool, required.week_start, pools.unit
        from required
        inner join pools on required.unit = pools.unit
    ),

    told as (
        select
            units.user_id,
            units.pool,
            units.week_start,
            coalesce(supply.heads, 0) as heads,
            supply.fte,
            supply.working_hours,
            supply.supply_hours,
            case when weeks.told_on is not null then coalesce(required.accounts, 0) end as accounts,
            case
                when weeks.told_on is not null then coalesce(required.required_hours, 0)
            end as required_hours
        from units
        inner join weeks on units.week_start = weeks.week_start
        left join supply on units.unit = supply.unit and units.week_start = supply.week_start
        left join required on units.unit = required.unit and units.week_start = required.week_start
    ),

    final as (
        select
            told.user_id,
            told.pool,
            told.week_start,
            told.heads,
            told.fte,
            told.working_hours,
            told.supply_hours,
            told.accounts,
            told.required_hours,
            {{ share("told.required_hours", "told.supply_hours") }} as utilisation,
            told.week_start > context.as_of as is_forecast,
            context.as_of as as_of_date,
            context.config_version
        from told
        cross join context
    )

select *
from final
order by user_id, pool, week_start
