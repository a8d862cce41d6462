{{ config(materialized="parsed_once") }}
-- Copies of a meeting in the calendars of those invited, and the pattern of a series,
-- are not activities of their own.
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

    done as (
        select
            source_name,
            overrides,
            extra,
            version,
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
            version,
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

    final as (
        select
            source_name,
            {{
                salesforce_overrides(
                    "overrides", ["activities.account_id", "activities.ticket_id"]
                )
            }} as overrides,
            extra,
            version,
            activity_id,
            account_id,
            what_id,
            who_id,
            who_count,
            owner_id,
            case
                when lower(kind) in ('', 'other', 'call', 'email', 'meeting')
                then coalesce(channel, plain_kind)
                else kind
            end as type,
            channel,
            status,
            started_at,
            ended_at,
            minutes,
            direction,
            subject,
            notes,
            is_automated,
            case when what_id like '500%' then what_id end as ticket_id,
            logged_at
        from unified
    )

select *
from final
