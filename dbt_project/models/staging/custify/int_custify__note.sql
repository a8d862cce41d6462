{{ config(materialized="parsed_once") }}
with
    notes as (
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

    -- A note is on a company or on a person.
    final as (
        select
            source_name,
            overrides,
            extra,
            version,
            record.id as note_id,
            coalesce(
                {{ first_reference("record.company") }},
                case
                    when lower(coalesce(record."entityModel", record.entity_model)) = 'company'
                    then record.entity
                end
            ) as account_id,
            coalesce(
                {{ first_reference("record.people") }},
                case
                    when
                        lower(coalesce(record."entityModel", record.entity_model))
                        in ('people', 'customer', 'person')
                    then record.entity
                end
            ) as contact_id,
            record.subject,
            {{ text_of_html("coalesce(record.text, record.content)") }} as notes,
            record."createdBy" as created_by,
            case
                when lower(record."createdByType") like '%playbook%' then 'true'
            end as is_automated,
            record.created_at as logged_at
        from notes
    )

select *
from final
