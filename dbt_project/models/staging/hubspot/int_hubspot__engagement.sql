{{ config(materialized="parsed_once") }}
with
    calls as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "hs_timestamp",
                            "hubspot_owner_id",
                            "hs_call_title",
                            "hs_call_body",
                            "hs_call_direction",
                            "hs_call_disposition",
                            "hs_call_duration",
                            "hs_call_status",
                            "hs_activity_type",
                        ],
                        ["companies", "contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "calls") }}
        where not is_deleted
    ),

    meetings as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "hs_timestamp",
                            "hubspot_owner_id",
                            "hs_meeting_title",
                            "hs_meeting_body",
                            "hs_internal_meeting_notes",
                            "hs_meeting_start_time",
                            "hs_meeting_end_time",
                            "hs_meeting_outcome",
                            "hs_activity_type",
                            "hs_attendee_owner_ids",
                            "hs_i_cal_uid",
                        ],
                        ["companies", "contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "meetings") }}
        where not is_deleted
    ),

    emails as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "hs_timestamp",
                            "hubspot_owner_id",
                            "hs_email_subject",
                            "hs_email_direction",
                            "hs_email_status",
                            "hs_sequence_id",
                        ],
                        ["companies", "contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "emails") }}
        where not is_deleted
    ),

    notes as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        ["hs_timestamp", "hubspot_owner_id", "hs_note_body"],
                        ["companies", "contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "notes") }}
        where not is_deleted
    ),

    tasks as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "hs_timestamp",
                            "hubspot_owner_id",
                            "hs_task_subject",
                            "hs_task_body",
                            "hs_task_status",
                            "hs_task_completion_date",
                        ],
                        ["companies", "contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "tasks") }}
        where not is_deleted
    ),

    -- Ids are unique within a type of object only.
    united as (
        select
            source_name,
            overrides,
            extra,
            'call:' || record_key as activity_id,
            coalesce(nullif(trim(record.properties.hs_activity_type), ''), 'call') as type,
            'call' as channel,
            case
                -- HubSpot's own outcomes have the same identifiers everywhere.
                when record.properties.hs_call_disposition = 'f240bbac-87c9-4f6e-bf70-924b57d47db7'  -- connected
                then 'completed'
                when
                    record.properties.hs_call_disposition in (
                        '73a0d17f-1163-4015-bdd5-ec830791da20',  -- no answer
                        '9d9162e7-6cf3-4944-bf63-4dff82258764',  -- busy
                        'b2cf5968-551e-4856-9783-52b3da59a7d0',  -- left voicemail
                        'a4c4c377-d246-4b32-a13b-75a56a4cd0ff',  -- left live message
                        '17b47fee-58de-441e-a44c-c6300d46f273'  -- wrong number
                    )
                then 'unanswered'
                when record.properties.hs_call_status = 'COMPLETED'
                then 'completed'
                when record.properties.hs_call_status in ('NO_ANSWER', 'BUSY', 'FAILED', 'MISSED')
                then 'unanswered'
                when record.properties.hs_call_status = 'CANCELED'
                then 'cancelled'
                when record.properties.hs_call_status in ('QUEUED', 'SCHEDULED')
                then 'planned'
            end as status,
            record.properties.hs_timestamp as started_at,
            null as ended_at,
            cast(
                try_cast(record.properties.hs_call_duration as double) / 60000 as varchar
            ) as minutes,
            lower(record.properties.hs_call_direction) as direction,
            record.properties.hs_call_title as subject,
            {{ hubspot_plain_text("record.properties.hs_call_body") }} as notes,
            null as is_automated,
            null as calendar_uid,
            record."createdAt" as logged_at,
            [record.properties.hubspot_owner_id] as owner_ids,
            record."_associations".companies as company_ids,
            record."_associations".contacts as contact_ids,
            version
        from calls
        union all
        select
            source_name,
            overrides,
            extra,
            'meeting:' || record_key as activity_id,
            coalesce(nullif(trim(record.properties.hs_activity_type), ''), 'meeting') as type,
            'meeting' as channel,
            case
                record.properties.hs_meeting_outcome
                when 'COMPLETED'
                then 'completed'
                when 'SCHEDULED'
                then 'planned'
                when 'NO_SHOW'
                then 'no_show'
                when 'CANCELED'
                then 'cancelled'
                when 'RESCHEDULED'
                then 'cancelled'
            end as status,
            coalesce(
                record.properties.hs_meeting_start_time, record.properties.hs_timestamp
            ) as started_at,
            record.properties.hs_meeting_end_time as ended_at,
            null as minutes,
            null as direction,
            record.properties.hs_meeting_title as subject,
            coalesce(
                {{ hubspot_plain_text("record.properties.hs_internal_meeting_notes") }},
                {{ hubspot_plain_text("record.properties.hs_meeting_body") }}
            ) as notes,
            null as is_automated,
            record.properties.hs_i_cal_uid as calendar_uid,
            record."createdAt" as logged_at,
            list_concat(
                [record.properties.hubspot_owner_id],
                {{ split_list("record.properties.hs_attendee_owner_ids") }}
            ) as owner_ids,
            record."_associations".companies as company_ids,
            record."_associations".contacts as contact_ids,
            version
        from meetings
        union all
        select
            source_name,
            overrides,
            extra,
            'email:' || record_key as activity_id,
            'email' as type,
            'email' as channel,
            case
                record.properties.hs_email_status
                when 'SENT'
                then 'completed'
                when 'BOUNCED'
                then 'bounced'
                when 'FAILED'
                then 'bounced'
                when 'SCHEDULED'
                then 'planned'
                when 'SENDING'
                then 'planned'
            end as status,
            record.properties.hs_timestamp as started_at,
            null as ended_at,
            null as minutes,
            -- A forwarded email says nothing of who had written it.
            case
                record.properties.hs_email_direction
                when 'EMAIL'
                then 'outbound'
                when 'INCOMING_EMAIL'
                then 'inbound'
            end as direction,
            record.properties.hs_email_subject as subject,
            null as notes,
            case when record.properties.hs_sequence_id is not null then 'true' end as is_automated,
            null as calendar_uid,
            record."createdAt" as logged_at,
            [record.properties.hubspot_owner_id] as owner_ids,
            record."_associations".companies as company_ids,
            record."_associations".contacts as contact_ids,
            version
        from emails
        union all
        select
            source_name,
            overrides,
            extra,
            'note:' || record_key as activity_id,
            'note' as type,
            null as channel,
            'completed' as status,
            record.properties.hs_timestamp as started_at,
            null as ended_at,
            null as minutes,
            null as direction,
            null as subject,
            {{ hubspot_plain_text("record.properties.hs_note_body") }} as notes,
            null as is_automated,
            null as calendar_uid,
            record."createdAt" as logged_at,
            [record.properties.hubspot_owner_id] as owner_ids,
            record."_associations".companies as company_ids,
            record."_associations".contacts as contact_ids,
            version
        from notes
        union all
        select
            source_name,
            overrides,
            extra,
            'task:' || record_key as activity_id,
            'task' as type,
            null as channel,
            case
                when record.properties.hs_task_status = 'COMPLETED'
                then 'completed'
                when record.properties.hs_task_status is not null
                then 'planned'
            end as status,
            -- An open task has only the time when it is due.
            case
                when record.properties.hs_task_status = 'COMPLETED'
                then
                    coalesce(
                        record.properties.hs_task_completion_date, record.properties.hs_timestamp
                    )
                else record.properties.hs_timestamp
            end as started_at,
            null as ended_at,
            null as minutes,
            null as direction,
            record.properties.hs_task_subject as subject,
            {{ hubspot_plain_text("record.properties.hs_task_body") }} as notes,
            null as is_automated,
            null as calendar_uid,
            record."createdAt" as logged_at,
            [record.properties.hubspot_owner_id] as owner_ids,
            record."_associations".companies as company_ids,
            record."_associations".contacts as contact_ids,
            version
        from tasks
    )

select *
from united
