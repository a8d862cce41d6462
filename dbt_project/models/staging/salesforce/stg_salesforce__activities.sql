with
    logged as (select * from {{ ref("int_salesforce__activity") }}),

    users as (
        select source_name, record_key as user_id, {{ text_of("payload", "Email") }} as email
        from {{ source("salesforce", "users") }}
    ),

    contacts as (
        select
            source_name,
            record_key as contact_id,
            {{ text_of("payload", "AccountId") }} as account_id,
            {{ text_of("payload", "Email") }} as email
        from {{ source("salesforce", "contacts") }}
    ),

    -- What an activity may be about, each with its account.
    subjects as (
        select source_name, record_key as subject_id, record_key as account_id
        from {{ source("salesforce", "accounts") }}
        {% for stream in ["opportunities", "contracts", "assets", "cases"] %}
            union all
            select source_name, record_key, {{ text_of("payload", "AccountId") }}
            from {{ source("salesforce", stream) }}
        {% endfor %}
    ),

    mapped as (
        select
            logged.source_name,
            logged.overrides,
            logged.extra,
            logged.activity_id,
            coalesce(logged.account_id, subjects.account_id, contacts.account_id) as account_id,
            logged.type,
            logged.status,
            logged.started_at,
            logged.ended_at,
            logged.minutes,
            logged.direction,
            logged.channel,
            logged.subject,
            users.email as user_emails,
            contacts.email as contact_emails,
            coalesce(
                logged.who_count, case when contacts.contact_id is not null then '1' end
            ) as customer_attendees,
            logged.notes,
            logged.is_automated,
            logged.ticket_id,
            logged.logged_at
        from logged
        left join
            users on users.source_name = logged.source_name and users.user_id = logged.owner_id
        left join
            contacts
            on contacts.source_name = logged.source_name
            and contacts.contact_id = logged.who_id
        left join
            subjects
            on subjects.source_name = logged.source_name
            and subjects.subject_id = logged.what_id
            and logged.account_id is null
    )

select *
from ({{ stage_records("salesforce", "activities", "mapped") }})
