-- End users. One without an organization is nobody's contact, and left out.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "organization_id": "VARCHAR",
                        "email": "VARCHAR",
                        "name": "VARCHAR",
                        "role": "VARCHAR",
                        "suspended": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("zendesk", "users") }}
        where not is_deleted
    ),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            record.id as contact_id,
            record.organization_id as account_id,
            record.email as email,
            record.name as name,
            case when record.suspended = 'true' then 'false' else 'true' end as is_active
        from records
        where
            coalesce(record.role, 'end-user') = 'end-user'
            and coalesce(record.organization_id, overrides['contacts.account_id']) is not null
    )

select *
from ({{ stage_records("zendesk", "contacts", "mapped") }})
