-- Where CSMs' time went: by CSM and week, and by tier and month; of the time that was tracked, and
-- of the time that they had.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    csms as (select user_id from {{ ref("dim_csm") }} where is_csm),

    weeks as (select * from {{ ref("int_csm_week") }}),

    shares as (select * from {{ ref("int_time_share") }}),

    worked as (select * from {{ ref("fct_activity_time") }}),

    categories as (
        select category
        from
            (
                values ('proactive'), ('reactive'), ('internal'), ('unclassified'), ('not_working')
            ) as categories(category)
    ),

    tracking as (select min(week_start) as first_week_start from worked where minutes > 0),

    horizon as (select min(week_start) as first_week_start from weeks),

    -- One row a CSM, week, month, tier and category.
    tracked as (
        select
            worked.user_id,
            worked.week_start,
            cast(date_trunc('month', worked.worked_on) as date) as month_start,
            worked.tier_id,
            worked.category,
            {{ exact_sum("worked.minutes") }} as minutes
        from worked
        inner join csms on worked.user_id = csms.user_id
        where worked.minutes > 0
        group by
            worked.user_id,
            worked.week_start,
            cast(date_trunc('month', worked.worked_on) as date),
            worked.tier_id,
            worked.category
    ),

    csm_weeks as (
        select user_id, week_start
        from weeks
        where contracted_hours > 0
        union
        select user_id, week_start
        from tracked
    ),

    whole_weeks as (
        select csm_weeks.user_id, csm_weeks.week_start
        from csm_weeks
        cross join context
        cross join tracking
        cross join horizon
        where
            csm_weeks.week_start >= tracking.first_week_start
            and csm_weeks.week_start >= horizon.first_week_start
            and {{ add_days("csm_weeks.week_start", 6) }} <= context.as_of
    ),

    csm_periods as (
        select
            whole_weeks.user_id,
            whole_weeks.week_start,
            coalesce(weeks.working_hours, 0) * 60 as contracted_minutes
        from whole_weeks
        left join
            weeks
            on whole_weeks.user_id = weeks.user_id
            and whole_weeks.week_start = weeks.week_start
    ),

    by_week as (
        select user_id, week_start, category, {{ exact_sum("minutes") }} as minutes
        from tracked
        group by user_id, week_start, category
    ),

    by_month as (
        select user_id, month_start, tier_id, category, {{ exact_sum("minutes") }} as minutes
        from tracked
        group by user_id, month_start, tier_id, category
    ),

    -- What is for no account of a tier is shared out as the rest is.
    spread as (
        select
            shares.tier_id,
            shares.month_start,
            by_month.category,
            by_month.minutes * shares.time_share as minutes
        from by_month
        inner join
            shares
            on by_month.user_id = shares.user_id
            and by_month.month_start = shares.month_start
        where by_month.tier_id is null
        union all
        select by_month.tier_id, by_month.month_start, by_month.category, by_month.minutes
        from by_month
        inner join
            (select distinct user_id, month_start from shares) as whole_months
            on by_month.user_id = whole_months.user_id
            and by_month.month_start = whole_months.month_start
        where by_month.tier_id is not null
    ),

    spread_and_all as (
        select tier_id, month_start, category, minutes
        from spread
        union all
        select 'ALL' as tier_id, month_start, category, minutes
        from spread
    ),

    by_tier as (
        select tier_id, month_start, category, {{ exact_sum("minutes") }} as minutes
        from spread_and_all
        group by tier_id, month_start, category
    ),

    contracted_and_all as (
        select tier_id, month_start, contracted_minutes
        from shares
        union all
        select 'ALL' as tier_id, month_start, contracted_minutes
        from shares
        union all
        select tier_id, month_start, 0 as contracted_minutes
        from by_tier
    ),

    tier_periods as (
        select tier_id, month_start, {{ exact_sum("contracted_minutes") }} as contracted_minutes
        from contracted_and_all
        group by tier_id, month_start
    ),

    allocated as (
        select
            'csm_week' as grain,
            csm_periods.user_id,
            cast(null as varchar) as tier_id,
            csm_periods.week_start as period_start,
            {{ add_days("csm_periods.week_start", 6) }} as period_end,
            categories.category,
            coalesce(by_week.minutes, 0) as minutes,
            csm_periods.contracted_minutes
        from csm_periods
        cross join categories
        left join
            by_week
            on csm_periods.user_id = by_week.user_id
            and csm_periods.week_start = by_week.week_start
            and categories.category = by_week.category
        union all
        select
            'tier_month' as grain,
            cast(null as varchar) as user_id,
            tier_periods.tier_id,
            tier_periods.month_start as period_start,
            {{ add_days(months_later("tier_periods.month_start", 1), -1) }} as period_end,
            categories.category,
            coalesce(by_tier.minutes, 0) as minutes,
            tier_periods.contracted_minutes
        from tier_periods
        cross join categories
        left join
            by_tier
            on tier_periods.tier_id = by_tier.tier_id
            and tier_periods.month_start = by_tier.month_start
            and categories.category = by_tier.category
    ),

    totals as (
        select
            grain,
            user_id,
            tier_id,
            period_start,
            {{ exact_sum("case when category <> 'not_working' then minutes else 0 end") }}
            as tracked_minutes
        from allocated
        group by grain, user_id, tier_id, period_start
    ),

    final as (
        select
            allocated.grain,
            allocated.user_id,
            allocated.tier_id,
            allocated.period_start,
            allocated.period_end,
            allocated.category,
            allocated.minutes,
            totals.tracked_minutes,
            allocated.contracted_minutes,
            case
                when allocated.category <> 'not_working'
                then {{ share("allocated.minutes", "totals.tracked_minutes") }}
            end as share_of_tracked,
            case
                when allocated.category <> 'not_working'
                then {{ share("allocated.minutes", "allocated.contracted_minutes") }}
            end as share_of_contracted,
            greatest(
                {{
                    share(
                        "(allocated.contracted_minutes - totals.tracked_minutes)",
                        "allocated.contracted_minutes",
                    )
                }},
                case when allocated.contracted_minutes > 0 then 0 end
            ) as unaccounted_share,
            context.as_of as as_of_date,
            context.config_version
        from allocated
        inner join
            totals
            on allocated.grain = totals.grain
            and allocated.period_start = totals.period_start
            and coalesce(allocated.user_id, '') = coalesce(totals.user_id, '')
            and coalesce(allocated.tier_id, '') = coalesce(totals.tier_id, '')
        cross join context
    )

select *
from final
order by grain, user_id, tier_id, period_start, category
