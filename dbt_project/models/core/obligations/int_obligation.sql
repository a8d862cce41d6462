-- Obligations of all schedules, judged, with what takes them out of the count: the end of what was
-- owed, then short notice, a pause, a waiver.
{{ config(schema="core") }}
with
    first_record as (select min(started_on) as first_on from {{ ref("fct_activity") }}),

    judged as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            opened_on,
            window_open_on,
            due_on,
            original_due_on,
            closes_on,
            ended_on,
            end_reason,
            false as is_short_notice,
            false as is_late_notice,
            timeliness,
            quality,
            failed_conditions,
            fulfilled_on,
            activity_id,
            judged_by
        from {{ ref("int_obligation_rolling") }}
        union all
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            opened_on,
            window_open_on,
            due_on,
            due_on as original_due_on,
            closes_on,
            ended_on,
            end_reason,
            is_short_notice,
            is_late_notice,
            timeliness,
            quality,
            failed_conditions,
            fulfilled_on,
            activity_id,
            judged_by
        from {{ ref("int_obligation_window") }}
        union all
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            opened_on,
            window_open_on,
            due_on,
            due_on as original_due_on,
            closes_on,
            ended_on,
            end_reason,
            false as is_short_notice,
            false as is_late_notice,
            timeliness,
            quality,
            cast(null as varchar[]) as failed_conditions,
            fulfilled_on,
            cast(null as varchar) as activity_id,
            standard_number as judged_by
        from {{ ref("int_obligation_state") }}
        union all
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            opened_on,
            window_open_on,
            due_on,
            due_on as original_due_on,
            closes_on,
            ended_on,
            end_reason,
            false as is_short_notice,
            false as is_late_notice,
            timeliness,
            quality,
            failed_conditions,
            fulfilled_on,
            activity_id,
            standard_number as judged_by
        from {{ ref("int_obligation_response") }}
    ),

    -- Before the first activity was recorded nobody can say what was missed.
    recorded as (
        select judged.*
        from judged
        cross join first_record
        where
            judged.schedule_type not in {{ schedules_settled_by_touch() }}
            or judged.closes_on >= first_record.first_on
    ),

    -- What ended early says why and when, so that another that is due on the same day has a name of
    -- its own; so does what is due on a day on which an earlier one, settled long before, was.
    keyed as (
        select
            recorded.*, concat_ws(':', cycle_key, end_reason, cast(ended_on as varchar)) as full_key
        from recorded
    ),

    repeated as (
        select account_id, family, full_key
        from keyed
        group by account_id, family, full_key
        having count(*) > 1
    ),

    -- Few keys are those of several: only they are put in order.
    numbered as (
        select keyed.*, 1 as place
        from keyed
        left join
            repeated
            on keyed.account_id = repeated.account_id
            and keyed.family = repeated.family
            and keyed.full_key = repeated.full_key
        where repeated.full_key is null
        union all
        select
            keyed.*,
            row_number() over (
                partition by keyed.account_id, keyed.family, keyed.full_key
                order by keyed.window_open_on, keyed.fulfilled_on nulls last, keyed.opened_on
            ) as place
        from keyed
        inner join
            repeated
            on keyed.account_id = repeated.account_id
            and keyed.family = repeated.family
            and keyed.full_key = repeated.full_key
    ),

    named as (
        select
            *,
            case
                when place = 1 then full_key else concat(full_key, ':', cast(place as varchar))
            end as name
        from numbered
    ),

    identified as (
        select sha1(concat_ws('|', account_id, family, name)) as obligation_id, named.* from named
    ),

    paused as (
        select identified.obligation_id, min(pauses.paused_from) as paused_from
        from identified
        inner join
            {{ ref("int_pause") }} as pauses
            on identified.account_id = pauses.account_id
            and identified.family = pauses.family
            and pauses.paused_from <= identified.due_on
            and pauses.paused_to > identified.window_open_on
        where identified.schedule_type in ('fixed_calendar', 'anchored', 'lead_to_event', 'state')
        group by identified.obligation_id, identified.window_open_on, identified.due_on
        having
            sum(
                {{
                    days_between(
                        "greatest(pauses.paused_from, identified.window_open_on)",
                        "least(pauses.paused_to, " ~ add_days("identified.due_on", 1) ~ ")",
                    )
                }}
            )
            * 2
            > {{ days_between("identified.window_open_on", "identified.due_on") }} + 1
    ),

    waived as (
        select identified.obligation_id, min(waivers."from") as waived_from
        from identified
        inner join
            {{ ref("exceptions") }} as waivers
            on identified.account_id = waivers.account_id
            and coalesce(waivers.family, identified.family) = identified.family
            and identified.due_on >= waivers."from"
            and identified.due_on < waivers."to"
        where waivers.kind = 'waiver'
        group by identified.obligation_id
    ),

    final as (
        select
            identified.obligation_id,
            identified.account_id,
            identified.family,
            identified.name as cycle_key,
            identified.schedule_type,
            identified.standard_number,
            identified.opened_on,
            identified.window_open_on,
            identified.due_on,
            identified.original_due_on,
            identified.closes_on,
            identified.timeliness,
            identified.quality,
            identified.failed_conditions,
            identified.fulfilled_on,
            identified.activity_id,
            identified.judged_by,
            identified.is_short_notice,
            case
                when identified.end_reason is not null
                then identified.end_reason
                when identified.is_late_notice
                then 'late_notice'
                when paused.obligation_id is not null
                then 'paused'
                when waived.obligation_id is not null
                then 'waived'
            end as exclusion_reason,
            case
                when identified.end_reason is not null
                then identified.ended_on
                when identified.is_late_notice
                then identified.window_open_on
                when paused.obligation_id is not null
                then paused.paused_from
                else waived.waived_from
            end as excluded_on
        from identified
        left join paused on identified.obligation_id = paused.obligation_id
        left join waived on identified.obligation_id = waived.obligation_id
    )

select *
from final
