-- Canonical activities with what finding duplicates and merging them needs.
{{ config(schema="core") }}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    colleagues as (
        select coalesce(array_agg(distinct email), []) as emails from {{ ref("users") }}
    ),

    sources as (select source_name, priority from {{ source("meta", "source") }}),

    carried as (
        select
            source_name,
            array_agg(field order by field) as carried_fields,
            bool_or(field = 'status') as is_status_carried,
            bool_or(field = 'notes') as is_notes_carried
        from {{ ref("canonical_fields") }}
        where entity = 'activities' and is_carried
        group by source_name
    ),

    activities as (select * from {{ ref("activities") }}),

    final as (
        select
            activities.activity_id,
            activities.source_name,
            sources.priority as source_priority,
            activities.account_id,
            activities.type in ({{ known_values("activities", "type") }}) as is_classified,
            case
                when activities.type in ({{ known_values("activities", "type") }})
                then activities.type
                when activities.channel in ('call', 'email', 'meeting')
                then activities.channel
                else 'other'
            end as type,
            activities.type as source_type,
            -- An entry in a log that has no status tells of something that took place.
            case
                when coalesce(carried.is_status_carried, false)
                then activities.status
                else 'completed'
            end as status,
            activities.channel,
            activities.direction,
            activities.subject,
            activities.started_at,
            {{
                local_date(
                    "activities.started_at", "coalesce(accounts.time_zone, context.time_zone)"
                )
            }} as started_on,
            activities.ended_at,
            coalesce(
                activities.minutes,
                case
                    when activities.ended_at >= activities.started_at
                    then {{ minutes_between("activities.started_at", "activities.ended_at") }}
                end
            ) as minutes,
            -- A colleague whom a calendar lists among its guests is still one of ours.
            {{
                list_with(
                    "activities.user_emails", "activities.contact_emails", "colleagues.emails"
                )
            }} as user_emails,
            nullif(
                {{ list_without("activities.contact_emails", "colleagues.emails") }}, []
            ) as contact_emails,
            activities.customer_attendees,
            activities.personas,
            case
                when coalesce(carried.is_notes_carried, false)
                then coalesce(length(activities.notes), 0)
            end as notes_length,
            activities.notes_at,
            activities.follow_up_at,
            activities.is_automated,
            activities.logged_at,
            activities.ticket_id,
            activities.playbook_id,
            activities.calendar_uid,
            activities.work_type,
            coalesce(carried.carried_fields, []) as carried_fields,
            {% for column in entity_columns("activities") -%}
                case when activities."{{ column.name }}" is null then 0 else 1 end +
            {% endfor -%}
            0 as filled_fields
        from activities
        cross join context
        cross join colleagues
        left join accounts on activities.account_id = accounts.account_id
        left join sources on activities.source_name = sources.source_name
        left join carried on activities.source_name = carried.source_name
    )

select *
from final
