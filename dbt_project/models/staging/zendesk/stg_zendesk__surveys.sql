-- Ratings of tickets of customers. What was only offered is no answer.
with
    people as (
        select
            source_name,
            record_key as user_id,
            {{ text_of("payload", "email") }} as email,
            {{ text_of("payload", "organization_id") }} as organization_id
        from {{ source("zendesk", "users") }}
    ),

    tickets as (
        select
            source_name,
            record_key as ticket_id,
            {{ text_of("payload", "organization_id") }} as organization_id
        from {{ source("zendesk", "tickets") }}
    ),

    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "ticket_id": "VARCHAR",
                        "requester_id": "VARCHAR",
                        "score": "VARCHAR",
                        "comment": "VARCHAR",
                        "updated_at": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("zendesk", "satisfaction_ratings") }}
        where not is_deleted
    ),

    answers as (
        select
            *,
            case
                when record.score like 'good%' then '100' when record.score like 'bad%' then '0'
            end as score
        from records
    ),

    mapped as (
        select
            answers.source_name,
            answers.overrides,
            answers.extra,
            answers.record.id as response_id,
            coalesce(tickets.organization_id, people.organization_id) as account_id,
            'csat' as kind,
            answers.score,
            answers.record.updated_at as responded_at,
            people.email as contact_email,
            answers.record.comment as comment
        from answers
        left join
            tickets
            on answers.source_name = tickets.source_name
            and answers.record.ticket_id = tickets.ticket_id
        left join
            people
            on answers.source_name = people.source_name
            and answers.record.requester_id = people.user_id
        where
            answers.score is not null
            and coalesce(
                tickets.organization_id,
                people.organization_id,
                answers.overrides['surveys.account_id']
            )
            is not null
    )

select *
from ({{ stage_records("zendesk", "surveys", "mapped") }})
