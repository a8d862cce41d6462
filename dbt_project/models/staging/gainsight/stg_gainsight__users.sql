with
    records as (
        select
            source_name,
            overrides,
            extra,
            {{
                fields_of(
                    "payload",
                    {
                        "Gsid": "VARCHAR",
                        "Name": "VARCHAR",
                        "FirstName": "VARCHAR",
                        "LastName": "VARCHAR",
                        "Email": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("gainsight", "users") }}
        where not is_deleted
    ),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            record."Gsid" as user_id,
            record."Email" as email,
            coalesce(
                nullif(trim(record."Name"), ''),
                nullif(trim(concat_ws(' ', record."FirstName", record."LastName")), '')
            ) as name
        from records
    )

select *
from ({{ stage_records("gainsight", "users", "mapped") }})
