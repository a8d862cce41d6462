-- Whose time went where: one row a person of an activity, and a time entry. What a person wrote
-- down goes before what a calendar shows, that before what is merely supposed; no instant counts
-- twice for one person, and no day holds more than 16 hours.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    records as (select * from {{ ref("int_time_record") }}),

    written_weeks as (
        select distinct user_email, week_start, coalesce(account_id, '') as account_id
        from records
        where entry_id is not null and category <> 'not_working'
    ),

    evidenced as (
        select
            records.*,
            {{ epoch_seconds("records.started_at") }} as begins_at_second,
            written_weeks.user_email is not null as is_covered_by_entry,
            -- What an activity of more than 16 hours says is no duration: an all-day entry.
            case
                when records.entry_id is not null
                then 'time_entry'
                when {{ whole_seconds("records.recorded_minutes") }} <= {{ longest_day_seconds() }}
                then 'calendar'
                else 'imputed'
            end as evidence,
            -- Who has the lower one has the better claim to the same time.
            case when records.entry_id is not null then 0 else 5 end + case
                when records.category in ('proactive', 'reactive')
                then 0
                when records.subcategory = 'account'
                then 1
                when records.category = 'internal'
                then 2
                when records.category = 'unclassified'
                then 3
                else 4
            end as claim_rank
        from records
        left join
            written_weeks
            on records.entry_id is null
            and records.user_email = written_weeks.user_email
            and records.week_start = written_weeks.week_start
            and coalesce(records.account_id, '') = written_weeks.account_id
    ),

    claims as (
        select
            *,
            cast(
                case
                    when is_covered_by_entry
                    then 0
                    when evidence = 'imputed'
                    then {{ whole_seconds("usual_minutes") }}
                    else {{ whole_seconds("recorded_minutes") }}
                end as bigint
            ) as claimed_seconds
        from evidenced
    ),

    extents as (
        select
            activity_time_id,
            user_email,
            claim_rank,
            record_id,
            begins_at_second as begins,
            begins_at_second + claimed_seconds as ends
        from claims
        where
            evidence <> 'imputed'
            and not tells_only_a_day
            and claimed_seconds between 1 and {{ longest_day_seconds() }}
    ),

    touching as (
        select
            *,
            max(ends) over (
                partition by user_email
                order by begins, claim_rank, record_id
                rows between unbounded preceding and 1 preceding
            ) as busy_until
        from extents
    ),

    clustered as (
        select
            *,
            sum(case when begins < busy_until then 0 else 1 end) over (
                partition by user_email
                order by begins, claim_rank, record_id
                rows between unbounded preceding and current row
            ) as cluster
        from touching
    ),

    crowded as (
        select
            *,
            row_number() over (
                partition by user_email, cluster order by claim_rank, begins, record_id
            ) as place
        from
            (
                select *, count(*) over (partition by user_email, cluster) as cluster_size
                from clustered
            ) as counted
        where cluster_size > 1
    ),

    turns as (
        select user_email, cluster, begins as at_second
        from crowded
        union
        select user_email, cluster, ends as at_second
        from crowded
    ),

    stretches as (
        select
            user_email,
            cluster,
            at_second,
            lead(at_second) over (
                partition by user_email, cluster order by at_second
            ) as until_second
        from turns
    ),

    given_stretches as (
        select
            stretches.user_email,
            stretches.cluster,
            min(crowded.place) as place,
            stretches.until_second - stretches.at_second as seconds
        from stretches
        inner join
            crowded
            on stretches.user_email = crowded.user_email
            and stretches.cluster = crowded.cluster
            and stretches.at_second >= crowded.begins
            and stretches.at_second < crowded.ends
        group by
            stretches.user_email, stretches.cluster, stretches.at_second, stretches.until_second
    ),

    given as (
        select user_email, cluster, place, sum(seconds) as seconds
        from given_stretches
        group by user_email, cluster, place
    ),

    left_over as (
        select crowded.activity_time_id, coalesce(given.seconds, 0) as seconds
        from crowded
        left join
            given
            on crowded.user_email = given.user_email
            and crowded.cluster = given.cluster
            and crowded.place = given.place
    ),

    shared as (
        select
            claims.*, cast(coalesce(left_over.seconds, claims.claimed_seconds) as bigint) as seconds
        from claims
        left join left_over on claims.activity_time_id = left_over.activity_time_id
    ),

    -- What exceeds what a day can hold is cut.
    full_days as (
        select user_email, worked_on
        from shared
        where category <> 'not_working' and seconds > 0
        group by user_email, worked_on
        having sum(seconds) > {{ longest_day_seconds() }}
    ),

    summed as (
        select
            shared.activity_time_id,
            cast(
                coalesce(
                    sum(case when shared.category <> 'not_working' then shared.seconds end) over (
                        partition by shared.user_email, shared.worked_on
                        order by
                            case when shared.evidence = 'imputed' then 1 else 0 end,
                            shared.claim_rank,
                            shared.begins_at_second,
                            shared.record_id
                        rows between unbounded preceding and 1 preceding
                    ),
                    0
                ) as bigint
            ) as seconds_before
        from shared
        inner join
            full_days
            on shared.user_email = full_days.user_email
            and shared.worked_on = full_days.worked_on
    ),

    cut as (
        select
            shared.*,
            greatest(
                least(
                    shared.seconds,
                    case
                        when shared.category = 'not_working'
                        then {{ longest_day_seconds() }}
                        else {{ longest_day_seconds() }} - coalesce(summed.seconds_before, 0)
                    end
                ),
                0
            ) as counted_seconds,
            {{ seconds_of_day(local_time("shared.started_at", "shared.time_zone")) }}
            as local_second
        from shared
        left join summed on shared.activity_time_id = summed.activity_time_id
    ),

    final as (
        select
            cut.activity_time_id,
            cut.activity_id,
            cut.entry_id,
            cut.user_id,
            cut.user_email,
            cut.account_id,
            cut.tier_id,
            cut.started_at,
            cut.worked_on,
            cut.week_start,
            cast(cut.counted_seconds as double) / 60 as minutes,
            case when cut.evidence <> 'imputed' then cut.recorded_minutes end as recorded_minutes,
            cast(cut.claimed_seconds - cut.seconds as double) / 60 as overlap_minutes,
            cast(cut.seconds - cut.counted_seconds as double) / 60 as over_day_minutes,
            cut.category,
            cut.subcategory,
            cut.work_type,
            cut.reason,
            cut.evidence,
            cut.is_covered_by_entry,
            case
                when cut.counted_seconds > 0 and not cut.tells_only_a_day
                then
                    not {{ is_weekday("cut.worked_on") }}
                    or cut.local_second < 9 * 3600
                    or cut.local_second >= 17 * 3600
            end as is_outside_workday,
            cut.ticket_id,
            context.as_of as as_of_date,
            context.config_version
        from cut
        cross join context
    )

select *
from final
