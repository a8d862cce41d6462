with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "email": "VARCHAR",
                        "name": "VARCHAR",
                        "role": "VARCHAR",
                        "iana_time_zone": "VARCHAR",
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
            record.id as user_id,
            record.email as email,
            record.name as name,
            'support' as role,
            record.iana_time_zone as time_zone
        from records
        where record.role in ('agent', 'admin')
    )

select *
from ({{ stage_records("zendesk", "users", "mapped") }})
