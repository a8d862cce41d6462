-- Tickets of customers: the ticket's organization, else its requester's. One of neither is left
-- out, as there is no account that it could say anything about.
with
    tickets as (select * from {{ ref("int_zendesk__ticket") }}),

    people as (
        select
            source_name,
            record_key as user_id,
            {{ text_of("payload", "email") }} as email,
            {{ text_of("payload", "organization_id") }} as organization_id
        from {{ source("zendesk", "users") }}
    ),

    mapped as (
        select
            tickets.source_name,
            tickets.overrides,
            tickets.extra,
            tickets.ticket_id,
            coalesce(tickets.organization_id, people.organization_id) as account_id,
            tickets.opened_at,
            tickets.first_response_at,
            tickets.solved_at,
            tickets.priority,
            tickets.satisfaction,
            tickets.channel,
            tickets.subject,
            people.email as contact_email
        from tickets
        left join
            people
            on tickets.source_name = people.source_name
            and tickets.requester_id = people.user_id
        where
            coalesce(
                tickets.organization_id,
                people.organization_id,
                tickets.overrides['tickets.account_id']
            )
            is not null
    )

select *
from ({{ stage_records("zendesk", "tickets", "mapped") }})
