{{ config(materialized="view") }}
with
    notes as (
        select
            source_name,
            overrides,
            extra,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "subject": "VARCHAR",
                        "text": "VARCHAR",
                        "content": "VARCHAR",
                        "entity": "VARCHAR",
                        "entityModel": "VARCHAR",
                        "entity_model": "VARCHAR",
                        "company": "VARCHAR",
                        "people": "VARCHAR",
                        "createdBy": "VARCHAR",
                        "createdByType": "VARCHAR",
                        "created_at": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "notes") }}
        where not is_deleted
    ),

    contacts as (
        select source_name, contact_id, account_id, email
        from {{ ref("stg_custify__contacts") }}
        where quarantine_reason is null
    ),

    users as (
        select source_name, user_id, email
        from {{ ref("stg_custify__users") }}
        where quarantine_reason is null
    ),

    -- A note is on a company or on a person.
    placed as (
        select
            *,
            lower(coalesce(record."entityModel", record.entity_model)) as entity_model,
            {{ first_reference("record.company") }} as company,
            coalesce(
                {{ first_reference("record.people") }},
                case
                    when
                        lower(coalesce(record."entityModel", record.entity_model))
                        in ('people', 'customer', 'person')
                    then record.entity
                end
            ) as person
        from notes
    ),

    final as (
        select
            placed.source_name,
            placed.overrides,
            placed.extra,
            'note:' || placed.record.id as activity_id,
            coalesce(
                placed.company,
                case when placed.entity_model = 'company' then placed.record.entity end,
                contacts.account_id
            ) as account_id,
            'note' as type,
            'completed' as status,
            placed.record.created_at as started_at,
            placed.record.subject,
            coalesce(
                users.email,
                case when placed.record."createdBy" like '%@%' then placed.record."createdBy" end
            ) as user_emails,
            contacts.email as contact_emails,
            {{ text_of_html("coalesce(placed.record.text, placed.record.content)") }} as notes,
            placed.record.created_at as notes_at,
            case
                when lower(placed.record."createdByType") like '%playbook%' then 'true'
            end as is_automated,
            placed.record.created_at as logged_at
        from placed
        left join
            contacts
            on placed.source_name = contacts.source_name
            and placed.person = contacts.contact_id
        left join
            users
            on placed.source_name = users.source_name
            and placed.record."createdBy" = users.user_id
    )

select *
from final
