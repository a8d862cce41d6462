-- A ticket that belongs to no company, by itself or by its people, is left out.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "subject",
                            "hs_pipeline",
                            "hs_pipeline_stage",
                            "hs_ticket_priority",
                            "createdate",
                            "closed_date",
                            "first_agent_reply_date",
                            "time_to_first_agent_reply",
                            "source_type",
                        ],
                        ["companies", "contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "tickets") }}
        where not is_deleted
    ),

    swallowed as ({{ hubspot_swallowed("tickets") }}),

    pipelines as (
        select
            source_name,
            record_key as pipeline_id,
            {{
                fields_of(
                    "payload",
                    {"stages": [{"id": "VARCHAR", "metadata": {"isClosed": "VARCHAR"}}]},
                )
            }} as record
        from {{ source("hubspot", "ticket_pipelines") }}
        where not is_deleted
    ),

    stages as (
        select
            source_name,
            pipeline_id,
            stage.id as stage_id,
            stage.metadata."isClosed" = 'true' as is_closed
        from
            (
                select source_name, pipeline_id, unnest(record.stages) as stage from pipelines
            ) as staged
    ),

    tickets as (
        select
            records.source_name,
            records.overrides,
            records.extra,
            records.record_key,
            records.record.properties,
            stages.is_closed,
            records.record."_associations".companies as company_ids,
            records.record."_associations".contacts as contact_ids
        from records
        anti join swallowed using (source_name, record_key)
        left join
            stages
            on records.source_name = stages.source_name
            and records.record.properties.hs_pipeline = stages.pipeline_id
            and records.record.properties.hs_pipeline_stage = stages.stage_id
    ),

    -- A company that only its people tell counts where they all belong to one.
    customers as (
        select
            tickets.source_name,
            tickets.record_key,
            case
                when count(distinct people.account_id) = 1 then min(people.account_id)
            end as account_id,
            min(people.email) filter (people.contact_id = tickets.contact_ids[1]) as email
        from tickets, unnest(tickets.contact_ids) as involved(contact_id)
        inner join
            {{ ref("int_hubspot__person") }} as people
            on tickets.source_name = people.source_name
            and involved.contact_id = people.contact_id
        group by all
    ),

    mapped as (
        select
            tickets.source_name,
            tickets.overrides,
            tickets.extra,
            tickets.record_key as ticket_id,
            coalesce(tickets.company_ids[1], customers.account_id) as account_id,
            tickets.properties.createdate as opened_at,
            coalesce(
                tickets.properties.first_agent_reply_date,
                cast(
                    try_cast(tickets.properties.createdate as timestamptz) + to_milliseconds(
                        try_cast(tickets.properties.time_to_first_agent_reply as bigint)
                    ) as varchar
                )
            ) as first_response_at,
            -- One that was opened again is not solved.
            case
                when tickets.is_closed is distinct from false then tickets.properties.closed_date
            end as solved_at,
            case
                upper(tickets.properties.hs_ticket_priority)
                when 'URGENT'
                then 'P1'
                when 'HIGH'
                then 'P2'
                when 'MEDIUM'
                then 'P3'
                when 'LOW'
                then 'P4'
                else tickets.properties.hs_ticket_priority
            end as priority,
            lower(tickets.properties.source_type) as channel,
            tickets.properties.subject,
            customers.email as contact_email
        from tickets
        left join customers using (source_name, record_key)
        where
            coalesce(
                tickets.company_ids[1],
                customers.account_id,
                nullif(tickets.overrides['tickets.account_id'], '')
            )
            is not null
    )

select *
from ({{ stage_records("hubspot", "tickets", "mapped") }})
