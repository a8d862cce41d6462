-- Who is given less than owed, and who more, in one book: the hours that people gave an account of
-- their own accord in 91 days, over what fell due to it in them.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    demand as (
        select *, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_account_demand") }}
        where as_of_on = last_day(as_of_on)
    ),

    days as (select distinct as_of_on, {{ add_days("as_of_on", -91) }} as after_on from demand),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    models as (select * from {{ ref("cfg_capacity") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    time_rows as (
        select account_id, category, worked_on, week_start, minutes
        from {{ ref("fct_activity_time") }}
        where minutes > 0
    ),

    tracked as (select min(week_start) as first_week from time_rows),

    touches as (
        select account_id, started_on
        from {{ ref("fct_activity") }} as activities
        where
            {{ is_two_way("activities") }}
            and coalesce(activities.direction, '') <> 'inbound'
            and coalesce(activities.channel, '') not in ('email', 'chat')
    ),

    obligations as (
        select account_id, tier_id, family, due_on, expected_minutes
        from {{ ref("fct_obligation") }}
        where
            disposition = 'counted'
            and schedule_type in {{ schedules_settled_by_touch() }}
            and coalesce(delivery_mode, 'human') <> 'digital'
    ),

    actual_minutes as (
        select as_of_on, tier_id, family, minutes
        from {{ ref("int_actual_minutes") }}
        where engagements >= 20
    ),

    owed as ({{ hours_fallen_due("obligations", "days", "actual_minutes") }}),

    judged_accounts as (
        select
            demand.as_of_on,
            demand.unit,
            demand.account_id,
            demand.tier_id,
            owed.hours * demand.complexity_multiplier as owed_hours
        from demand
        cross join tracked
        inner join days on demand.as_of_on = days.as_of_on
        inner join owed on demand.account_id = owed.account_id and demand.as_of_on = owed.as_of_on
        inner join
            active_accounts
            on demand.account_id = active_accounts.account_id
            and active_accounts.active_from <= {{ add_days("days.after_on", 1) }}
            and coalesce(active_accounts.active_to > demand.as_of_on, true)
        where demand.unit is not null and owed.hours > 0 and tracked.first_week <= days.after_on
    ),

    given as (
        select
            days.as_of_on, time_rows.account_id, {{ exact_sum("time_rows.minutes") }} / 60 as hours
        from time_rows
        inner join
            days on time_rows.worked_on > days.after_on and time_rows.worked_on <= days.as_of_on
        where time_rows.category = 'proactive' and time_rows.account_id is not null
        group by days.as_of_on, time_rows.account_id
    ),

    engagements as (
        select days.as_of_on, touches.account_id, count(*) as engagements
        from touches
        inner join
            days on touches.started_on > days.after_on and touches.started_on <= days.as_of_on
        group by days.as_of_on, touches.account_id
    ),

    served as (
        select
            judged_accounts.as_of_on,
            judged_accounts.unit,
            judged_accounts.owed_hours,
            coalesce(given.hours, 0) as given_hours,
            -- Rounded, so that exactly so much is neither.
            round(coalesce(given.hours, 0) - models.under_service * judged_accounts.owed_hours, 4)
            < 0 as is_under_served,
            round(coalesce(given.hours, 0) - models.over_service * judged_accounts.owed_hours, 4)
            > 0
            or coalesce(
                engagements.engagements > tiers.over_service_cap_per_quarter, false
            ) as is_over_served
        from judged_accounts
        inner join
            models on {{ holds_on("models", "holds_from", "holds_to", "judged_accounts.as_of_on") }}
        inner join
            tiers
            on judged_accounts.tier_id = tiers.tier_id
            and {{ holds_on("tiers", "holds_from", "holds_to", "judged_accounts.as_of_on") }}
        left join
            given
            on judged_accounts.account_id = given.account_id
            and judged_accounts.as_of_on = given.as_of_on
        left join
            engagements
            on judged_accounts.account_id = engagements.account_id
            and judged_accounts.as_of_on = engagements.as_of_on
    ),

    books as (
        select
            as_of_on,
            unit,
            max(owner_user_id) as user_id,
            max(case when owner_user_id is null then owner_pool end) as pool,
            count(*) as accounts
        from demand
        where unit is not null
        group by as_of_on, unit
    ),

    counted as (
        select
            as_of_on,
            unit,
            count(*) as accounts_judged,
            count(case when is_under_served then 1 end) as under_served_accounts,
            count(case when is_over_served then 1 end) as over_served_accounts,
            {{ exact_sum("owed_hours") }} as owed_hours,
            {{ exact_sum("given_hours") }} as given_hours
        from served
        group by as_of_on, unit
    ),

    final as (
        select
            books.user_id,
            books.pool,
            cast(date_trunc('month', books.as_of_on) as date) as month_start,
            books.accounts,
            coalesce(counted.accounts_judged, 0) as accounts_judged,
            counted.under_served_accounts,
            counted.over_served_accounts,
            counted.under_served_accounts > 0 and counted.over_served_accounts > 0 as is_both,
            counted.owed_hours,
            counted.given_hours,
            {{ share("counted.given_hours", "counted.owed_hours") }} as service_ratio,
            context.as_of as as_of_date,
            context.config_version
        from books
        cross join context
        left join counted on books.as_of_on = counted.as_of_on and books.unit = counted.unit
    )

select *
from final
order by user_id, pool, month_start
