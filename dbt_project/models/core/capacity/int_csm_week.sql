-- What each CSM has to give in each week: the working days of the week, less the days away. What
-- they did is not asked here.
{{ config(schema="core") }}
with
    context as (
        select as_of, cast(date_trunc('week', as_of) as date) as this_week
        from {{ source("meta", "context") }}
    ),

    csms as (select * from {{ ref("dim_csm") }} where is_csm),

    models as (select * from {{ ref("cfg_capacity") }}),

    absences as (select * from {{ ref("user_absences") }}),

    leads as (select * from {{ ref("int_account_lead") }}),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    pool_teams as (select distinct pool, lower(pool) as team from leads where pool is not null),

    pool_entries as (
        select
            holds_from,
            {{ fields_of("model", {"capacity": {"pools": "MAP(VARCHAR, VARCHAR[])"}}) }} as model
        from {{ ref("int_coverage_model") }}
    ),

    named_pools as (
        select holds_from, {{ rows_of("map_entries(model.capacity.pools)") }} as entry
        from pool_entries
    ),

    named_teams as (
        select holds_from, entry.key as pool, {{ rows_of("entry.value") }} as team from named_pools
    ),

    days as (
        select
            cast(
                {{
                    rows_of(
                        days_between_dates(
                            add_days("this_week", -104 * 7),
                            add_days("this_week", 13 * 7 + 6),
                        )
                    )
                }} as date
            ) as day
        from context
    ),

    weeks as (select day as week_start from days where cast(date_trunc('week', day) as date) = day),

    employed as (
        select
            csms.user_id,
            csms.email as user_email,
            csms.team,
            csms.started_on,
            weeks.week_start,
            greatest(weeks.week_start, csms.started_on) as first_day,
            {{
                days_between(
                    "greatest(weeks.week_start, coalesce(csms.started_on, weeks.week_start))",
                    "least("
                    ~ add_days("weeks.week_start", 5)
                    ~ ", coalesce(csms.ended_on, date '9999-12-31'))",
                )
            }} as contracted_days,
            coalesce(csms.fte, csms.weekly_hours / (5 * models.hours_day), 1) as fte,
            coalesce(csms.weekly_hours / 5, models.hours_day * coalesce(csms.fte, 1)) as day_hours,
            models.holds_from as model_holds_from,
            models.internal_share,
            models.ramp_by_quarter
        from csms
        cross join weeks
        inner join
            models
            on weeks.week_start >= models.holds_from
            and weeks.week_start < coalesce(models.holds_to, date '9999-12-31')
    ),

    -- A day counts once, however many absences cover it; a holiday is one even in a
    -- vacation.
    away_days as (
        select csms.user_id, days.day, bool_or(absences.kind = 'holiday') as is_holiday
        from absences
        inner join csms on absences.user_email = csms.email
        inner join days on days.day >= absences."from" and days.day < absences."to"
        where
            {{ is_weekday("days.day") }}
            and coalesce(days.day >= csms.started_on, true)
            and coalesce(days.day < csms.ended_on, true)
        group by csms.user_id, days.day
    ),

    away as (
        select
            user_id,
            cast(date_trunc('week', day) as date) as week_start,
            count(case when not coalesce(is_holiday, false) then 1 end) as absence_days,
            count(case when is_holiday then 1 end) as holiday_days
        from away_days
        group by user_id, cast(date_trunc('week', day) as date)
    ),

    team_members as (
        select
            employed.user_id,
            employed.user_email,
            employed.week_start,
            least(employed.week_start, context.as_of) as led_on,
            coalesce(min(named_teams.pool), min(pool_teams.pool)) as pool
        from employed
        cross join context
        left join
            named_teams
            on employed.model_holds_from = named_teams.holds_from
            and lower(employed.team) = lower(named_teams.team)
        left join pool_teams on lower(employed.team) = pool_teams.team
        where employed.contracted_days > 0
        group by employed.user_id, employed.user_email, employed.week_start, context.as_of
        having coalesce(min(named_teams.pool), min(pool_teams.pool)) is not null
    ),

    -- When each had an account of their own. Accounts and leads meet before any week comes in.
    book_spans as (
        select distinct
            leads.user_id,
            greatest(leads.valid_from, active_accounts.active_from) as first_day,
            least(
                coalesce(leads.valid_to, date '9999-12-31'),
                coalesce(active_accounts.active_to, date '9999-12-31')
            ) as end_day
        from leads
        inner join active_accounts on leads.account_id = active_accounts.account_id
    ),

    own_books as (
        select distinct team_members.user_id, team_members.week_start
        from team_members
        inner join
            book_spans
            on team_members.user_id = book_spans.user_id
            and team_members.led_on >= book_spans.first_day
            and team_members.led_on < book_spans.end_day
    ),

    pool_members as (
        select team_members.user_id, team_members.week_start, team_members.pool
        from team_members
        left join
            own_books
            on team_members.user_id = own_books.user_id
            and team_members.week_start = own_books.week_start
        where own_books.user_id is null
    ),

    hours as (
        select
            employed.user_id,
            employed.user_email,
            pool_members.pool,
            employed.week_start,
            employed.fte,
            employed.contracted_days * employed.day_hours as contracted_hours,
            coalesce(away.absence_days, 0) * employed.day_hours as absence_hours,
            coalesce(away.holiday_days, 0) * employed.day_hours as holiday_hours,
            greatest(
                employed.contracted_days
                - coalesce(away.absence_days, 0)
                - coalesce(away.holiday_days, 0),
                0
            )
            * employed.day_hours as working_hours,
            {{
                ramp_share(
                    "employed.ramp_by_quarter",
                    "employed.started_on",
                    "employed.first_day",
                )
            }} as ramp_share,
            employed.internal_share
        from employed
        left join
            pool_members
            on employed.user_id = pool_members.user_id
            and employed.week_start = pool_members.week_start
        left join away on employed.user_id = away.user_id and employed.week_start = away.week_start
        where employed.contracted_days > 0
    ),

    final as (
        select
            user_id,
            user_email,
            pool,
            week_start,
            fte,
            contracted_hours,
            absence_hours,
            holiday_hours,
            working_hours,
            ramp_share,
            internal_share,
            working_hours * ramp_share * (1 - internal_share) as supply_hours
        from hours
    )

select *
from final
order by user_id, week_start
