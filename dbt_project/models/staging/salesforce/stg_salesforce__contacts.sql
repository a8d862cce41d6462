-- A contact without an account is private to its owner, and nobody's customer.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "Email": "VARCHAR",
                        "Name": "VARCHAR",
                        "Title": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "contacts") }}
        where not is_deleted
    ),

    mapped as (
        select
            source_name,
            {{ salesforce_overrides("overrides", ["contacts.account_id"]) }} as overrides,
            extra,
            record."Id" as contact_id,
            record."AccountId" as account_id,
            record."Email" as email,
            record."Name" as name,
            record."Title" as title
        from records
        where coalesce(overrides['contacts.account_id'], record."AccountId") is not null
    )

select *
from ({{ stage_records("salesforce", "contacts", "mapped") }})
