{{ config(materialized="view") }}
with
    tasks as (
        select
            source_name,
            overrides,
            extra,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "name": "VARCHAR",
                        "description": "VARCHAR",
                        "status": "VARCHAR",
                        "dueDate": "VARCHAR",
                        "completedAt": "VARCHAR",
                        "company": "VARCHAR",
                        "company_id": "VARCHAR",
                        "people": "VARCHAR",
                        "assignedTo": "VARCHAR",
                        "assignedToEmail": "VARCHAR",
                        "created_at": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "tasks") }}
        where not is_deleted
    ),

    companies as (
        select
            source_name,
            json_extract_string(payload, '/company_id') as company_id,
            min(json_extract_string(payload, '/id')) as id
        from {{ source("custify", "companies") }}
        where not is_deleted and json_extract_string(payload, '/company_id') is not null
        group by all
    ),

    contacts as (
        select source_name, contact_id, email
        from {{ ref("stg_custify__contacts") }}
        where quarantine_reason is null
    ),

    users as (
        select source_name, user_id, email
        from {{ ref("stg_custify__users") }}
        where quarantine_reason is null
    ),

    worded as (
        select
            *,
            case
                {{ parse_word("trim(record.status)") }}
                when 'done'
                then 'completed'
                when 'not_relevant'
                then 'cancelled'
                else 'planned'
            end as status,
            {{ first_reference("record.company") }} as company,
            {{ first_reference("record.people") }} as person
        from tasks
    ),

    final as (
        select
            worded.source_name,
            worded.overrides,
            worded.extra,
            'task:' || worded.record.id as activity_id,
            coalesce(worded.company, companies.id, worded.record.company_id) as account_id,
            'task' as type,
            worded.status,
            -- A task takes place when it is done; until then, when it is due.
            coalesce(
                case when worded.status = 'completed' then worded.record."completedAt" end,
                worded.record."dueDate",
                worded.record.created_at
            ) as started_at,
            worded.record.name as subject,
            coalesce(
                nullif(trim(worded.record."assignedToEmail"), ''),
                case when worded.record."assignedTo" like '%@%' then worded.record."assignedTo" end,
                users.email
            ) as user_emails,
            contacts.email as contact_emails,
            {{ text_of_html("worded.record.description") }} as notes,
            worded.record.created_at as logged_at
        from worded
        left join
            companies
            on worded.source_name = companies.source_name
            and worded.record.company_id = companies.company_id
        left join
            contacts
            on worded.source_name = contacts.source_name
            and worded.person = contacts.contact_id
        left join
            users
            on worded.source_name = users.source_name
            and worded.record."assignedTo" = users.user_id
    )

select *
from final
