{{ config(materialized="parsed_once") }}
with
    records as (
        select
            source_name,
            overrides,
            extra,
            version,
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

    final as (
        select
            source_name,
            overrides,
            extra,
            version,
            record.id as ticket_id,
            record.organization_id,
            record.requester_id,
            record.created_at as opened_at,
            strftime(timezone('UTC', replied_at), '%Y-%m-%dT%H:%M:%SZ') as first_response_at,
            -- One that was opened again is not solved, whatever its metrics say.
            case when record.status in ('solved', 'closed') then solved_at end as solved_at,
            case
                record.priority
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
                when record.satisfaction_rating.score like 'good%'
                then '100'
                when record.satisfaction_rating.score like 'bad%'
                then '0'
            end as satisfaction,
            record.via.channel as channel,
            record.subject
        from measured
    )

select *
from final
