-- Meetings and calls with customers that stand in a calendar, and whether anybody wrote them down
-- in a system that all can see, in time. Those that may still be written down are not here.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    sources as (
        select source_name, kind in {{ calendar_kinds() }} as is_calendar
        from {{ source("meta", "source") }}
    ),

    calendars as (select * from {{ ref("int_account_calendar") }}),

    models as (select * from {{ ref("cfg_model") }}),

    records as (
        select activity_id, source_name, logged_at, notes_length, notes_at
        from {{ ref("int_activity") }}
    ),

    meetings as (
        select activity_id, account_id, started_on, source_activity_ids
        from {{ ref("fct_activity") }}
        where
            status = 'completed'
            and account_id is not null
            and customer_attendees > 0
            and coalesce(channel, 'meeting') in ('meeting', 'call')
    ),

    due as (
        select
            meetings.activity_id,
            meetings.source_activity_ids,
            calendars.time_zone,
            {{
                business_day_after(
                    "deadline",
                    "meetings.started_on",
                    "models.documented_within_bd",
                )
            }} as documented_by
        from meetings
        inner join calendars on meetings.account_id = calendars.account_id
        inner join
            models on {{ holds_on("models", "holds_from", "holds_to", "meetings.started_on") }}
            {{
                joined_business_day(
                    "deadline",
                    "calendars.calendar",
                    "meetings.started_on",
                    "models.documented_within_bd",
                )
            }}
    ),

    recorded as (
        select
            activity_id,
            time_zone,
            documented_by,
            {{ rows_of("source_activity_ids") }} as source_activity_id
        from due
    ),

    judged as (
        select
            recorded.activity_id,
            max(recorded.documented_by) as documented_by,
            bool_or(sources.is_calendar) as is_in_calendar,
            bool_or(
                (
                    not sources.is_calendar
                    and coalesce(
                        {{ local_date("records.logged_at", "recorded.time_zone") }}
                        <= recorded.documented_by,
                        true
                    )
                )
                or (
                    coalesce(records.notes_length, 0) > 0
                    and coalesce(
                        {{ local_date("records.notes_at", "recorded.time_zone") }}
                        <= recorded.documented_by,
                        true
                    )
                )
            ) as is_documented
        from recorded
        inner join records on recorded.source_activity_id = records.activity_id
        inner join sources on records.source_name = sources.source_name
        group by recorded.activity_id
    ),

    final as (
        select judged.activity_id, judged.documented_by, judged.is_documented
        from judged
        inner join context on judged.documented_by <= context.as_of
        where judged.is_in_calendar
    )

select *
from final
order by activity_id
