-- Custify lists no users: they are whom companies and tasks name.
with
    companies as (
        select
            source_name,
            {{
                fields_of(
                    "payload",
                    {
                        "owners_csm": "VARCHAR",
                        "owners_csm_email": "VARCHAR",
                        "owners_csm_name": "VARCHAR",
                        "owners_account": "VARCHAR",
                        "owners_account_email": "VARCHAR",
                        "owners_account_name": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "companies") }}
        where not is_deleted
    ),

    tasks as (
        select
            source_name,
            {{
                fields_of(
                    "payload",
                    {
                        "assignedTo": "VARCHAR",
                        "assignedToModel": "VARCHAR",
                        "assignedToEmail": "VARCHAR",
                        "assignedToName": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "tasks") }}
        where not is_deleted
    ),

    named as (
        select
            source_name,
            record.owners_csm as id,
            record.owners_csm_email as email,
            record.owners_csm_name as name,
            'csm' as role
        from companies
        union all
        select
            source_name,
            record.owners_account,
            record.owners_account_email,
            record.owners_account_name,
            null
        from companies
        union all
        select
            source_name,
            record."assignedTo",
            record."assignedToEmail",
            record."assignedToName",
            null
        from tasks
        where coalesce(lower(record."assignedToModel"), 'user') not in ('customer', 'people')
    ),

    -- An owner is an id or an email.
    known as (
        select
            source_name,
            case when id not like '%@%' then id end as id,
            lower(trim(coalesce(email, case when id like '%@%' then id end))) as email,
            name,
            role
        from named
    ),

    mapped as (
        select
            source_name,
            cast(null as map(varchar, varchar)) as overrides,
            cast(null as json) as extra,
            coalesce(min(id), email) as user_id,
            email,
            max(name) as name,
            max(role) as role
        from known
        where email <> ''
        group by source_name, email
    )

select *
from ({{ stage_records("custify", "users", "mapped") }})
