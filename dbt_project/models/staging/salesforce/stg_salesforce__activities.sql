-- Copies of a meeting in the calendars of those invited, and the pattern of a series,
-- are not
-- activities of their own.
with
    tasks as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "WhatId": "VARCHAR",
                        "WhoId": "VARCHAR",
                        "WhoCount": "VARCHAR",
                        "OwnerId": "VARCHAR",
                        "Subject": "VARCHAR",
                        "Description": "VARCHAR",
                        "Type": "VARCHAR",
                        "TaskSubtype": "VARCHAR",
                        "Status": "VARCHAR",
                        "IsClosed": "VARCHAR",
                        "IsRecurrence": "VARCHAR",
                        "ActivityDate": "VARCHAR",
                        "CompletedDateTime": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                        "CallType": "VARCHAR",
                        "CallDisposition": "VARCHAR",
                        "CallDurationInSeconds": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "tasks") }}
        where not is_deleted
    ),

    events as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "WhatId": "VARCHAR",
                        "WhoId": "VARCHAR",
                        "WhoCount": "VARCHAR",
                        "OwnerId": "VARCHAR",
                        "Subject": "VARCHAR",
                        "Description": "VARCHAR",
                        "Type": "VARCHAR",
                        "IsRecurrence": "VARCHAR",
                        "IsChild": "VARCHAR",
                        "IsAllDayEvent": "VARCHAR",
                        "ActivityDate": "VARCHAR",
                        "ActivityDateTime": "VARCHAR",
                        "StartDateTime": "VARCHAR",
                        "EndDateTime": "VARCHAR",
                        "DurationInMinutes": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "events") }}
        where not is_deleted
    ),

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

    done as (
        select
            source_name,
            overrides,
            extra,
            record."Id" as activity_id,
            record."AccountId" as account_id,
            record."WhatId" as what_id,
            record."WhoId" as who_id,
            record."WhoCount" as who_count,
            record."OwnerId" as owner_id,
            case
                when record."TaskSubtype" in ('Email', 'ListEmail')
                then 'email'
                when record."TaskSubtype" = 'Call'
                then 'call'
                when lower(record."Type") in ('email', 'call', 'meeting')
                then lower(record."Type")
            end as channel,
            coalesce(record."Type", '') as kind,
            'task' as plain_kind,
            case
                when
                    coalesce(record."IsClosed", cast(record."Status" = 'Completed' as varchar))
                    = 'false'
                then 'planned'
                when
                    regexp_matches(
                        record."CallDisposition",
                        '(?i)no answer|not answered|unanswered|voice.?mail|busy|not reached|no.?show'
                    )
                then 'unanswered'
                else 'completed'
            end as status,
            -- The date is when it took place; the time of completion, if it is of
            -- that day.
            case
                when record."ActivityDate" = left(record."CompletedDateTime", 10)
                then record."CompletedDateTime"
                else
                    coalesce(
                        record."ActivityDate", record."CompletedDateTime", record."CreatedDate"
                    )
            end as started_at,
            cast(null as varchar) as ended_at,
            cast(try_cast(record."CallDurationInSeconds" as double) / 60 as varchar) as minutes,
            record."CallType" as direction,
            record."Subject" as subject,
            record."Description" as notes,
            case when record."TaskSubtype" = 'ListEmail' then 'true' end as is_automated,
            record."CreatedDate" as logged_at
        from tasks
        where coalesce(record."IsRecurrence", 'false') = 'false'
    ),

    held as (
        select
            source_name,
            overrides,
            extra,
            record."Id" as activity_id,
            record."AccountId" as account_id,
            record."WhatId" as what_id,
            record."WhoId" as who_id,
            record."WhoCount" as who_count,
            record."OwnerId" as owner_id,
            case
                when lower(record."Type") in ('email', 'call')
                then lower(record."Type")
                else 'meeting'
            end as channel,
            coalesce(record."Type", '') as kind,
            'meeting' as plain_kind,
            case
                when regexp_matches(record."Subject", '(?i)^cancell?ed:')
                then 'cancelled'
                else 'completed'
            end as status,
            case
                when record."IsAllDayEvent" = 'true'
                then record."ActivityDate"
                else
                    coalesce(
                        record."StartDateTime", record."ActivityDateTime", record."ActivityDate"
                    )
            end as started_at,
            case
                when coalesce(record."IsAllDayEvent", 'false') = 'false' then record."EndDateTime"
            end as ended_at,
            case
                when coalesce(record."IsAllDayEvent", 'false') = 'false'
                then record."DurationInMinutes"
            end as minutes,
            cast(null as varchar) as direction,
            record."Subject" as subject,
            record."Description" as notes,
            cast(null as varchar) as is_automated,
            record."CreatedDate" as logged_at
        from events
        where
            coalesce(record."IsRecurrence", 'false') = 'false'
            and coalesce(record."IsChild", 'false') = 'false'
    ),

    unified as (
        select *
        from done
        union all
        select *
        from held
    ),

    mapped as (
        select
            unified.source_name,
            {{
                salesforce_overrides(
                    "unified.overrides",
                    ["activities.account_id", "activities.ticket_id"],
                )
            }} as overrides,
            unified.extra,
            unified.activity_id,
            coalesce(unified.account_id, subjects.account_id, contacts.account_id) as account_id,
            case
                when lower(unified.kind) in ('', 'other', 'call', 'email', 'meeting')
                then coalesce(unified.channel, unified.plain_kind)
                else unified.kind
            end as type,
            unified.status,
            unified.started_at,
            unified.ended_at,
            unified.minutes,
            unified.direction,
            unified.channel,
            unified.subject,
            users.email as user_emails,
            contacts.email as contact_emails,
            coalesce(
                unified.who_count, case when contacts.contact_id is not null then '1' end
            ) as customer_attendees,
            unified.notes,
            unified.is_automated,
            case when unified.what_id like '500%' then unified.what_id end as ticket_id,
            unified.logged_at
        from unified
        left join
            users on users.source_name = unified.source_name and users.user_id = unified.owner_id
        left join
            contacts
            on contacts.source_name = unified.source_name
            and contacts.contact_id = unified.who_id
        left join
            subjects
            on subjects.source_name = unified.source_name
            and subjects.subject_id = unified.what_id
            and unified.account_id is null
    )

select *
from ({{ stage_records("salesforce", "activities", "mapped") }})
