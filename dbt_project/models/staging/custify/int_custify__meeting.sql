{{ config(materialized="parsed_once") }}
{%- set participant = {"email": "VARCHAR", "people": "VARCHAR", "status": "VARCHAR"} -%}
with
    meetings as (
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
                        "title": "VARCHAR",
                        "description": "VARCHAR",
                        "startAt": "VARCHAR",
                        "endAt": "VARCHAR",
                        "duration": "VARCHAR",
                        "direction": "VARCHAR",
                        "status": "VARCHAR",
                        "organizer": participant,
                        "participants": [participant],
                        "company": "VARCHAR",
                        "people": ["VARCHAR"],
                        "externalId": "VARCHAR",
                        "created_at": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "meetings") }}
        where not is_deleted
    ),

    final as (
        select
            source_name,
            overrides,
            extra,
            version,
            record.id as meeting_id,
            {{ first_reference("record.company") }} as account_id,
            -- One that is yet to come is not shown before its day.
            case
                when lower(record.status) in ('cancelled', 'canceled')
                then 'cancelled'
                else 'completed'
            end as status,
            record."startAt" as started_at,
            record."endAt" as ended_at,
            cast(try_cast(record.duration as double) / 60 as varchar) as minutes,
            case
                when lower(record.direction) in ('inbound', 'outbound', 'internal')
                then lower(record.direction)
            end as direction,
            record.title as subject,
            {{ text_of_html("record.description") }} as notes,
            record."externalId" as calendar_uid,
            record.created_at as logged_at,
            list_transform(
                list_append(coalesce(record.participants, []), record.organizer),
                lambda p: {
                    'email':lower(trim(p.email)),
                    'domain':{{ domain_of("p.email") }},
                    'is_contact':p.people is not null,
                    'comes':coalesce(lower(p.status), '') <> 'declined'
                }
            ) as participants,
            list_transform(
                record.people, lambda person:{{ first_reference("person") }}
            ) as contact_ids
        from meetings
    )

select *
from final
