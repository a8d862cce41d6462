-- Which part of each CSM's month belongs to which tier, by the time tracked for the tier's
-- accounts:
-- what is for no account, and what was not tracked, is shared out alike.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    csms as (select user_id from {{ ref("dim_csm") }} where is_csm),

    weeks as (select * from {{ ref("int_csm_week") }}),

    worked as (select * from {{ ref("fct_activity_time") }}),

    -- Before anybody's time was tracked, nothing can be missing from it.
    tracking as (select min(week_start) as first_week_start from worked where minutes > 0),

    horizon as (select min(week_start) as first_week_start from weeks),

    touched_months as (
        select
            weeks.user_id,
            weeks.week_start,
            weeks.working_hours,
            cast(
                {{
                    rows_of(
                        months_between_dates("weeks.week_start", add_days("weeks.week_start", 4))
                    )
                }} as date
            ) as month_start
        from weeks
        inner join tracking on weeks.week_start >= tracking.first_week_start
    ),

    contracted as (
        select
            user_id,
            month_start,
            {{
                exact_sum(
                    "working_hours * 60 * "
                    ~ days_between(
                        "greatest(week_start, month_start)",
                        "least("
                        ~ add_days("week_start", 5)
                        ~ ", "
                        ~ months_later("month_start", 1)
                        ~ ")",
                    )
                    ~ " / 5"
                )
            }} as minutes
        from touched_months
        group by user_id, month_start
    ),

    tracked as (
        select
            worked.user_id,
            cast(date_trunc('month', worked.worked_on) as date) as month_start,
            worked.tier_id,
            {{
                exact_sum(
                    "case when worked.category <> 'not_working' then worked.minutes else 0 end"
                )
            }} as minutes
        from worked
        inner join csms on worked.user_id = csms.user_id
        group by worked.user_id, cast(date_trunc('month', worked.worked_on) as date), worked.tier_id
    ),

    months as (
        select user_id, month_start
        from contracted
        where minutes > 0
        union
        select user_id, month_start
        from tracked
    ),

    whole_months as (
        select months.user_id, months.month_start
        from months
        cross join context
        cross join tracking
        cross join horizon
        where
            {{ months_later("months.month_start", 1) }} <= {{ add_days("context.as_of", 1) }}
            and months.month_start >= horizon.first_week_start
            and {{ months_later("months.month_start", 1) }} > tracking.first_week_start
    ),

    shares as (
        select
            user_id,
            month_start,
            tier_id,
            {{ share("minutes", "sum(minutes) over (partition by user_id, month_start)") }}
            as time_share
        from tracked
        where tier_id is not null and minutes > 0
    ),

    final as (
        select
            whole_months.user_id,
            whole_months.month_start,
            coalesce(shares.tier_id, 'NONE') as tier_id,
            coalesce(shares.time_share, 1) as time_share,
            coalesce(contracted.minutes, 0) * coalesce(shares.time_share, 1) as contracted_minutes
        from whole_months
        left join
            shares
            on whole_months.user_id = shares.user_id
            and whole_months.month_start = shares.month_start
        left join
            contracted
            on whole_months.user_id = contracted.user_id
            and whole_months.month_start = contracted.month_start
    )

select *
from final
order by user_id, month_start, tier_id
