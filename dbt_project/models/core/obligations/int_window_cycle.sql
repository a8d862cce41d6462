-- The cycles that a touch in a window of fixed dates settles, with the days until which a touch
-- counts: `closes_on` in time, `searched_until` late (NULL where late is too late).
{{ config(schema="core") }}
with
    calendars as (select account_id, calendar from {{ ref("int_account_calendar") }}),

    grace as (select standard_number, grace_bd from {{ ref("int_obligation_standard") }}),

    cycles as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            window_open_on as opened_on,
            window_open_on,
            due_on,
            ended_on,
            end_reason,
            false as is_short_notice,
            false as is_late_notice,
            cast(null as date) as searched_until
        from {{ ref("int_calendar_cycle") }}
        where schedule_type = 'fixed_calendar'
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
            ended_on,
            end_reason,
            false as is_short_notice,
            false as is_late_notice,
            cast(null as date) as searched_until
        from {{ ref("int_anchored_cycle") }}
        union all
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            window_open_on as opened_on,
            window_open_on,
            due_on,
            ended_on,
            end_reason,
            is_short_notice,
            is_late_notice,
            searched_until
        from {{ ref("int_lead_to_event_cycle") }}
    ),

    closing as (
        select
            cycles.*,
            {{ business_day_after("closing", "cycles.due_on", "grace.grace_bd") }} as closes_on
        from cycles
        inner join grace on cycles.standard_number = grace.standard_number
        left join
            calendars on cycles.account_id = calendars.account_id
            {{
                joined_business_day(
                    "closing", "calendars.calendar", "cycles.due_on", "grace.grace_bd"
                )
            }}
    ),

    final as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            opened_on,
            window_open_on,
            due_on,
            closes_on,
            ended_on,
            end_reason,
            is_short_notice,
            is_late_notice,
            case
                when ended_on is not null
                then null
                when schedule_type = 'anchored'
                then {{ add_days("closes_on", 90) }}
                else searched_until
            end as searched_until,
            row_number() over (
                order by account_id, family, schedule_type, closes_on, window_open_on, cycle_key
            ) as cycle_number
        from closing
    )

select *
from final
