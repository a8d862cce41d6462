-- What is to be answered and by when, with the first answer: due so many business hours (09:00 to
-- 17:00, business days, the account's time zone) or business days after the customer turned to us,
-- or a rule of a playbook fired: that is known at the end of its day.
{{ config(schema="core") }}
with
    calendars as (select * from {{ ref("int_account_calendar") }}),

    business_days as (select * from {{ ref("int_business_day") }}),

    spells as (
        select
            spells.*,
            standards.due_business_hours,
            standards.due_business_days,
            standards.has_conditions
        from {{ ref("int_obligation_spell") }} as spells
        inner join
            {{ ref("int_obligation_standard") }} as standards
            on spells.standard_number = standards.standard_number
        where spells.schedule_type = 'response'
    ),

    first_activity as (select min(started_on) as first_on from {{ ref("fct_activity") }}),

    triggers as (
        select
            triggers.account_id,
            triggers.cycle_key,
            false as is_playbook,
            triggers.activity_id,
            calendars.calendar,
            {{ local_time("triggers.triggered_at", "calendars.time_zone") }} as triggered_local,
            {{ local_time("triggers.answered_at", "calendars.time_zone") }} as answered_local
        from {{ ref("int_response_trigger") }} as triggers
        inner join calendars on triggers.account_id = calendars.account_id
        union all
        select
            triggers.account_id,
            concat('playbook:', triggers.trigger_id) as cycle_key,
            true as is_playbook,
            triggers.acted_activity_id as activity_id,
            calendars.calendar,
            cast(triggers.fired_on as timestamp) + interval '86399' second as triggered_local,
            {{ local_time("triggers.acted_at", "calendars.time_zone") }} as answered_local
        from {{ ref("fct_playbook_trigger") }} as triggers
        inner join calendars on triggers.account_id = calendars.account_id
        -- Before anything was recorded nobody can be said not to have acted.
        inner join first_activity on triggers.fired_on >= first_activity.first_on
    ),

    owed as (
        select
            triggers.*,
            cast(triggers.triggered_local as date) as triggered_on,
            cast(triggers.answered_local as date) as answered_on,
            spells.family,
            spells.schedule_type,
            spells.standard_number,
            spells.run_to,
            spells.run_end_reason,
            spells.due_business_hours,
            spells.due_business_days,
            spells.has_conditions
        from triggers
        inner join
            spells
            on triggers.account_id = spells.account_id
            and triggers.is_playbook = (spells.family = 'trigger_response')
            and {{
                holds_on(
                    "spells",
                    "owed_from",
                    "owed_to",
                    "cast(triggers.triggered_local as date)",
                )
            }}
    ),

    -- Seconds of business time since the calendar's first day, 8 hours a business day.
    placed as (
        select
            owed.*,
            days.business_day_number,
            case
                when days.is_business_day
                then
                    (days.business_day_number - 1) * 28800 + least(
                        greatest({{ seconds_of_day("owed.triggered_local") }} - 32400, 0), 28800
                    )
                else days.business_day_number * 28800
            end
            + owed.due_business_hours * 3600 as due_business_second
        from owed
        inner join
            business_days as days on owed.calendar = days.calendar and owed.triggered_on = days.day
    ),

    numbered as (
        select
            *,
            coalesce(
                cast(ceil(due_business_second / 28800.0) as bigint),
                business_day_number + due_business_days
            ) as due_day_number
        from placed
    ),

    due as (
        select
            numbered.*,
            days.day as due_on,
            coalesce(
                32400 + numbered.due_business_second - (numbered.due_day_number - 1) * 28800, 86400
            ) as due_second
        from numbered
        inner join
            business_days as days
            on numbered.calendar = days.calendar
            and days.is_business_day
            and numbered.due_day_number = days.business_day_number
    ),

    ended as (
        select
            *,
            coalesce(run_to <= due_on, false) and coalesce(answered_on >= run_to, true) as is_ended
        from due
    ),

    final as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            has_conditions,
            cycle_key,
            triggered_on,
            due_on,
            answered_on,
            activity_id,
            answered_on < due_on
            or (
                answered_on = due_on and {{ seconds_of_day("answered_local") }} <= due_second
            ) as is_answered_in_time,
            case when is_ended then run_to end as ended_on,
            case when is_ended then run_end_reason end as end_reason
        from ended
    )

select *
from final
