-- Tickets of customers: the ticket's organization, else its requester's. One of
-- neither is left
-- out, as there is no account that it could say anything about.
with
    people as (
        select
            source_name,
            record_key as user_id,
            {{ text_of("payload", "email") }} as email,
            {{ text_of("payload", "organization_id") }} as organization_id
        from {{ source("zendesk", "users") }}
    ),

    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "created_at": "VARCHAR",
                        "organization_id": "VARCHAR",
                        "requester_id": "VARCHAR",
                        "status": "VARCHAR",
                        "priority": "VARCHAR",
                        "subject": "VARCHAR",
                        "via": {"channel": "VARCHAR"},
                        "satisfaction_rating": {"score": "VARCHAR"},
                        "metric_set": {
                            "reply_time_in_minutes": {"calendar": "VARCHAR"},
                            "solved_at": "VARCHAR",
                        },
                        "_metric_set": {
                            "reply_time_in_minutes": {"calendar": "VARCHAR"},
                            "solved_at": "VARCHAR",
                        },
                    },
                )
            }} as record
        from {{ source("zendesk", "tickets") }}
        where not is_deleted
    ),

    measured as (
        select
            *,
            try_cast(record.created_at as timestamptz) + to_seconds(
                60 * try_cast(
                    coalesce(
                        record.metric_set.reply_time_in_minutes.calendar,
                        record._metric_set.reply_time_in_minutes.calendar
                    ) as double
                )
            ) as replied_at,
            coalesce(record.metric_set.solved_at, record._metric_set.solved_at) as solved_at
        from records
    ),

    mapped as (
        select
            measured.source_name,
            measured.overrides,
            measured.extra,
            measured.record.id as ticket_id,
            coalesce(measured.record.organization_id, people.organization_id) as account_id,
            measured.record.created_at as opened_at,
            strftime(
                timezone('UTC', measured.replied_at), '%Y-%m-%dT%H:%M:%SZ'
            ) as first_response_at,
            -- One that was opened again is not solved, whatever its metrics say.
            case
                when measured.record.status in ('solved', 'closed') then measured.solved_at
            end as solved_at,
            case
                measured.record.priority
                when 'urgent'
                then 'P1'
                when 'high'
                then 'P2'
                when 'normal'
                then 'P3'
                when 'low'
                then 'P4'
            end as priority,
            case
                when measured.record.satisfaction_rating.score like 'good%'
                then '100'
                when measured.record.satisfaction_rating.score like 'bad%'
                then '0'
            end as satisfaction,
            measured.record.via.channel as channel,
            measured.record.subject as subject,
            people.email as contact_email
        from measured
        left join
            people
            on measured.source_name = people.source_name
            and measured.record.requester_id = people.user_id
        where
            coalesce(
                measured.record.organization_id,
                people.organization_id,
                measured.overrides['tickets.account_id']
            )
            is not null
    )

select *
from ({{ stage_records("zendesk", "tickets", "mapped") }})
