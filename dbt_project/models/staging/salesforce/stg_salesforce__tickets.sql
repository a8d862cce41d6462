-- A case that was merged into another lives on as that one; one of nobody's account is no
-- customer's.
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
                        "ContactId": "VARCHAR",
                        "ContactEmail": "VARCHAR",
                        "SuppliedEmail": "VARCHAR",
                        "MasterRecordId": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                        "ClosedDate": "VARCHAR",
                        "Priority": "VARCHAR",
                        "IsEscalated": "VARCHAR",
                        "Origin": "VARCHAR",
                        "Subject": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "cases") }}
        where not is_deleted
    ),

    contacts as (
        select
            source_name,
            record_key as contact_id,
            {{ text_of("payload", "AccountId") }} as account_id,
            {{ text_of("payload", "Email") }} as email
        from {{ source("salesforce", "contacts") }}
    ),

    mapped as (
        select
            records.source_name,
            {{ salesforce_overrides("records.overrides", ["tickets.account_id"]) }} as overrides,
            records.extra,
            records.record."Id" as ticket_id,
            coalesce(records.record."AccountId", contacts.account_id) as account_id,
            records.record."CreatedDate" as opened_at,
            records.record."ClosedDate" as solved_at,
            case
                when regexp_matches(records.record."Priority", '(?i)^P[1-4]\b')
                then upper(left(records.record."Priority", 2))
                when regexp_matches(records.record."Priority", '(?i)critical|urgent|blocker')
                then 'P1'
                when regexp_matches(records.record."Priority", '(?i)high')
                then 'P2'
                when regexp_matches(records.record."Priority", '(?i)medium|normal')
                then 'P3'
                when regexp_matches(records.record."Priority", '(?i)low')
                then 'P4'
                else records.record."Priority"
            end as priority,
            records.record."IsEscalated" as is_escalated,
            records.record."Origin" as channel,
            records.record."Subject" as subject,
            coalesce(
                records.record."ContactEmail", contacts.email, records.record."SuppliedEmail"
            ) as contact_email
        from records
        left join
            contacts
            on contacts.source_name = records.source_name
            and contacts.contact_id = records.record."ContactId"
        where records.record."MasterRecordId" is null
    ),

    of_customers as (
        select * from mapped where coalesce(overrides['tickets.account_id'], account_id) is not null
    )

select *
from ({{ stage_records("salesforce", "tickets", "of_customers") }})
