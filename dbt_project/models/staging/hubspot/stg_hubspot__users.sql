-- Queues own records too, but are no people.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "email": "VARCHAR",
                        "type": "VARCHAR",
                        "firstName": "VARCHAR",
                        "lastName": "VARCHAR",
                        "teams": [{"name": "VARCHAR", "primary": "VARCHAR"}],
                    },
                )
            }} as record
        from {{ source("hubspot", "owners") }}
        where not is_deleted
    ),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            record_key as user_id,
            record.email,
            nullif(concat_ws(' ', record."firstName", record."lastName"), '') as name,
            coalesce(
                list_filter(record.teams, lambda team:team."primary" = 'true')[1].name,
                record.teams[1].name
            ) as team
        from records
        where coalesce(record.type, 'PERSON') = 'PERSON'
    )

select *
from ({{ stage_records("hubspot", "users", "mapped") }})
