-- What an engagement of each tier and family took lately, all in: where people write down the time
-- that an account took, what they did there in that week shares it. A meeting's own length tells
-- nothing of preparing it, and does not count.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    days as ({{ capacity_days("context") }}),

    time_rows as (
        select
            activity_id,
            user_email,
            account_id,
            week_start,
            recorded_minutes,
            minutes,
            is_covered_by_entry
        from {{ ref("fct_activity_time") }}
        where category = 'proactive' and account_id is not null
    ),

    fulfilled as (
        select obligation_id, tier_id, family, fulfilled_on, fulfilled_by_activity_id as activity_id
        from {{ ref("fct_obligation") }}
        where disposition = 'counted' and fulfilled_on is not null
    ),

    written as (
        select account_id, user_email, week_start, sum(cast(minutes as decimal(28, 6))) as minutes
        from time_rows
        where activity_id is null
        group by account_id, user_email, week_start
    ),

    done as (
        select
            *,
            sum(cast(recorded_minutes as decimal(28, 6))) over same_week as week_minutes,
            count(*) over same_week as week_activities,
            count(recorded_minutes) over same_week as week_activities_timed
        from time_rows
        where activity_id is not null and is_covered_by_entry
        window same_week as (partition by account_id, user_email, week_start)
    ),

    shares as (
        select
            done.activity_id,
            case
                when done.week_activities_timed = done.week_activities and done.week_minutes > 0
                then cast(written.minutes as double) * done.recorded_minutes / done.week_minutes
                else cast(written.minutes as double) / done.week_activities
            end as minutes
        from done
        inner join
            written
            on done.account_id = written.account_id
            and done.user_email = written.user_email
            and done.week_start = written.week_start
    ),

    all_in as (
        select
            fulfilled.obligation_id,
            fulfilled.tier_id,
            fulfilled.family,
            fulfilled.fulfilled_on,
            {{ exact_sum("shares.minutes") }} as minutes
        from fulfilled
        inner join shares on fulfilled.activity_id = shares.activity_id
        group by
            fulfilled.obligation_id, fulfilled.tier_id, fulfilled.family, fulfilled.fulfilled_on
        having {{ exact_sum("shares.minutes") }} > 0
    ),

    final as (
        select
            days.as_of_on,
            all_in.tier_id,
            all_in.family,
            count(*) as engagements,
            {{ quantile_of("all_in.minutes", 0.5) }} as minutes
        from all_in
        inner join
            days
            on all_in.fulfilled_on <= days.as_of_on
            and all_in.fulfilled_on > {{ add_days("days.as_of_on", -365) }}
        group by days.as_of_on, all_in.tier_id, all_in.family
    )

select *
from final
order by as_of_on, tier_id, family
