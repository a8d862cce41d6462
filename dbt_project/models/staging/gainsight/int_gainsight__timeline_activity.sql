-- Activities on the timeline in canonical fields, as text.
with
    records as (
        select
            source_name,
            overrides,
            extra,
            payload,
            {{
                fields_of(
                    "payload",
                    {
                        "Gsid": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                        "ActivityDate": "VARCHAR",
                        "TypeName": "VARCHAR",
                        "ActivityTypeName": "VARCHAR",
                        "ReportingCategory": "VARCHAR",
                        "Subject": "VARCHAR",
                        "ContextName": "VARCHAR",
                        "Notes": "VARCHAR",
                        "NotesPlainText": "VARCHAR",
                        "DurationInMins": "VARCHAR",
                        "Duration": "VARCHAR",
                        "GsCompanyId": "VARCHAR",
                        "AuthorId": "VARCHAR",
                        "AuthorId__gr.Email": "VARCHAR",
                        "UserEmail": "VARCHAR",
                        "InternalAttendees": "VARCHAR",
                        "ExternalAttendees": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("gainsight", "timeline") }}
        where not is_deleted
    ),

    labels as (select source_name, item_id, label from {{ ref("int_gainsight__picklist_item") }}),

    directory as (
        select source_name, side, written_as, email from {{ ref("int_gainsight__directory") }}
    ),

    -- Attendees are text: addresses, ids or names, as a list with commas or semicolons.
    sides as (
        select
            source_name,
            record."Gsid" as activity_id,
            'internal' as side,
            coalesce(
                record."InternalAttendees", {{ text_of("payload", "internalAttendees") }}
            ) as attendees
        from records
        union all
        select
            source_name,
            record."Gsid",
            'external',
            coalesce(record."ExternalAttendees", {{ text_of("payload", "externalAttendees") }})
        from records
    ),

    attendees as (
        select distinct
            source_name,
            activity_id,
            side,
            trim(
                unnest(
                    regexp_split_to_array(
                        regexp_replace(attendees, '[\[\]"]', '', 'g'), '\s*[;,]\s*'
                    )
                )
            ) as written_as
        from sides
        where attendees is not null
    ),

    addressed as (
        select
            attendees.source_name,
            attendees.activity_id,
            attendees.side,
            attendees.written_as,
            lower(
                coalesce(
                    nullif(regexp_extract(attendees.written_as, '[^\s<>]+@[^\s<>]+'), ''),
                    directory.email
                )
            ) as email
        from attendees
        left join
            directory
            on attendees.source_name = directory.source_name
            and attendees.side = directory.side
            and lower(attendees.written_as) = directory.written_as
        where attendees.written_as <> ''
        union all
        select
            records.source_name,
            records.record."Gsid",
            'internal',
            records.record."AuthorId",
            lower(
                coalesce(
                    directory.email,
                    nullif(trim(records.record."AuthorId__gr.Email"), ''),
                    nullif(trim(records.record."UserEmail"), '')
                )
            )
        from records
        left join
            directory
            on records.source_name = directory.source_name
            and directory.side = 'internal'
            and lower(records.record."AuthorId") = directory.written_as
    ),

    together as (
        select
            source_name,
            activity_id,
            string_agg(distinct email, ';' order by email) filter (
                side = 'internal'
            ) as user_emails,
            string_agg(distinct email, ';' order by email) filter (
                side = 'external'
            ) as contact_emails,
            count(distinct coalesce(email, lower(written_as))) filter (
                side = 'external'
            ) as customer_attendees
        from addressed
        group by all
    ),

    labelled as (
        select
            records.*,
            coalesce(
                kinds.label,
                records.record."TypeName",
                records.record."ActivityTypeName",
                categories.label,
                records.record."ReportingCategory"
            ) as kind_text,
            coalesce(categories.label, records.record."ReportingCategory") as category_text
        from records
        left join
            labels as kinds
            on records.source_name = kinds.source_name
            and records.record."TypeName" = kinds.item_id
        left join
            labels as categories
            on records.source_name = categories.source_name
            and records.record."ReportingCategory" = categories.item_id
    ),

    worded as (
        select
            *,
            {{ parse_word("trim(kind_text)") }} as kind,
            {{ parse_word("trim(category_text)") }} as category,
            coalesce(
                nullif(trim(record."NotesPlainText"), ''), nullif(trim(record."Notes"), '')
            ) as notes,
            {{ instant_of('record."CreatedDate"') }} as created_at
        from labelled
    ),

    final as (
        select
            worded.source_name,
            worded.overrides,
            worded.extra,
            worded.record."Gsid" as activity_id,
            worded.record."GsCompanyId" as account_id,
            case
                when worded.kind in ('update', 'note') or worded.kind is null
                then 'note'
                when worded.kind in ('in_person_meeting', 'web_meeting')
                then 'meeting'
                else worded.kind
            end as type,
            'completed' as status,
            {{ instant_of('worded.record."ActivityDate"') }} as started_at,
            coalesce(worded.record."DurationInMins", worded.record."Duration") as minutes,
            case
                when worded.category in ('call', 'meeting', 'email')
                then worded.category
                when worded.kind like '%email%'
                then 'email'
                when worded.kind like '%meeting%'
                then 'meeting'
                when worded.kind like '%call%'
                then 'call'
            end as channel,
            coalesce(
                nullif(trim(worded.record."Subject"), ''),
                worded.record."ContextName",
                {{ text_of("worded.payload", "contextname") }}
            ) as subject,
            together.user_emails,
            together.contact_emails,
            nullif(together.customer_attendees, 0) as customer_attendees,
            worded.notes,
            case when worded.notes is not null then worded.created_at end as notes_at,
            worded.created_at as logged_at
        from worded
        left join
            together
            on worded.source_name = together.source_name
            and worded.record."Gsid" = together.activity_id
    )

select *
from final
