with
    engagements as (select * from {{ ref("int_hubspot__engagement") }}),

    -- A company that only its people tell counts where they all belong to one.
    customers as (
        select
            engagements.source_name,
            engagements.activity_id,
            string_agg(distinct people.email, ';' order by people.email) as emails,
            case
                when count(distinct people.account_id) = 1 then min(people.account_id)
            end as account_id
        from engagements, unnest(engagements.contact_ids) as involved(contact_id)
        inner join
            {{ ref("int_hubspot__person") }} as people
            on engagements.source_name = people.source_name
            and involved.contact_id = people.contact_id
        group by all
    ),

    owners as (
        select
            source_name, record_key as owner_id, lower({{ text_of("payload", "email") }}) as email
        from {{ source("hubspot", "owners") }}
    ),

    users as (
        select
            engagements.source_name,
            engagements.activity_id,
            string_agg(distinct owners.email, ';' order by owners.email) as emails
        from engagements, unnest(engagements.owner_ids) as involved(owner_id)
        inner join
            owners
            on engagements.source_name = owners.source_name
            and involved.owner_id = owners.owner_id
        group by all
    ),

    mapped as (
        select
            engagements.source_name,
            engagements.overrides,
            engagements.extra,
            engagements.activity_id,
            coalesce(engagements.company_ids[1], customers.account_id) as account_id,
            engagements.type,
            engagements.channel,
            engagements.status,
            engagements.started_at,
            engagements.ended_at,
            engagements.minutes,
            engagements.direction,
            engagements.subject,
            engagements.notes,
            engagements.is_automated,
            engagements.calendar_uid,
            engagements.logged_at,
            users.emails as user_emails,
            customers.emails as contact_emails,
            -- Calls and meetings that nobody is tied to were still held with someone.
            case
                when engagements.channel in ('call', 'meeting')
                then nullif(len(list_distinct(engagements.contact_ids)), 0)
            end as customer_attendees
        from engagements
        left join customers using (source_name, activity_id)
        left join users using (source_name, activity_id)
    )

select *
from ({{ stage_records("hubspot", "activities", "mapped") }})
