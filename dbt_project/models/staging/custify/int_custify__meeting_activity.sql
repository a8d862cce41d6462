{{ config(materialized="view") }}
{%- set participant = {"email": "VARCHAR", "people": "VARCHAR", "status": "VARCHAR"} -%}
with
    meetings as (
        select
            source_name,
            overrides,
            extra,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "title": "VARCHAR",
                        "description": "VARCHAR",
                        "startAt": "VARCHAR",
                        "endAt": "VARCHAR",
                        "duration": "VARCHAR",
                        "direction": "VARCHAR",
                        "status": "VARCHAR",
                        "organizer": participant,
                        "participants": [participant],
                        "company": "VARCHAR",
                        "people": ["VARCHAR"],
                        "externalId": "VARCHAR",
                        "created_at": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "meetings") }}
        where not is_deleted
    ),

    contacts as (
        select source_name, contact_id, account_id, email
        from {{ ref("stg_custify__contacts") }}
        where quarantine_reason is null
    ),

    users as (
        select source_name, email
        from {{ ref("stg_custify__users") }}
        where quarantine_reason is null
    ),

    user_domains as (select distinct source_name, {{ domain_of("email") }} as domain from users),

    participants as (
        select
            source_name,
            record.id as meeting_id,
            unnest(list_append(coalesce(record.participants, []), record.organizer)) as participant
        from meetings
    ),

    -- People of the meeting whom no participant stands for are there by their id alone.
    people as (
        select source_name, record.id as meeting_id, unnest(record.people) as person from meetings
    ),

    present as (
        select
            source_name,
            meeting_id,
            lower(trim(participant.email)) as email,
            participant.people is not null as is_contact
        from participants
        where participant.email <> '' and coalesce(lower(participant.status), '') <> 'declined'
        union
        select people.source_name, people.meeting_id, lower(contacts.email), true
        from people
        inner join
            contacts
            on people.source_name = contacts.source_name
            and {{ first_reference("people.person") }} = contacts.contact_id
        anti join
            participants
            on people.source_name = participants.source_name
            and people.meeting_id = participants.meeting_id
            and lower(contacts.email) = lower(trim(participants.participant.email))
    ),

    -- Ours are the users; also who is nobody's contact and shares a domain with them.
    sided as (
        select
            present.source_name,
            present.meeting_id,
            present.email,
            bool_or(users.email is not null)
            or (
                not bool_or(present.is_contact) and bool_or(user_domains.domain is not null)
            ) as is_ours
        from present
        left join users on present.source_name = users.source_name and present.email = users.email
        left join
            user_domains
            on present.source_name = user_domains.source_name
            and {{ domain_of("present.email") }} = user_domains.domain
        group by all
    ),

    attended as (
        select
            sided.source_name,
            sided.meeting_id,
            string_agg(sided.email, ';' order by sided.email) filter (sided.is_ours) as user_emails,
            string_agg(sided.email, ';' order by sided.email) filter (
                not sided.is_ours
            ) as contact_emails,
            count(*) filter (not sided.is_ours) as customer_attendees,
            min(contacts.account_id) as account_id
        from sided
        left join
            contacts on sided.source_name = contacts.source_name and sided.email = contacts.email
        group by all
    ),

    final as (
        select
            meetings.source_name,
            meetings.overrides,
            meetings.extra,
            'meeting:' || meetings.record.id as activity_id,
            coalesce(
                {{ first_reference("meetings.record.company") }}, attended.account_id
            ) as account_id,
            'meeting' as type,
            'meeting' as channel,
            -- One that is yet to come is not shown before its day.
            case
                when lower(meetings.record.status) in ('cancelled', 'canceled')
                then 'cancelled'
                else 'completed'
            end as status,
            meetings.record."startAt" as started_at,
            meetings.record."endAt" as ended_at,
            cast(try_cast(meetings.record.duration as double) / 60 as varchar) as minutes,
            case
                when lower(meetings.record.direction) in ('inbound', 'outbound', 'internal')
                then lower(meetings.record.direction)
            end as direction,
            meetings.record.title as subject,
            attended.user_emails,
            attended.contact_emails,
            cast(attended.customer_attendees as varchar) as customer_attendees,
            {{ text_of_html("meetings.record.description") }} as notes,
            meetings.record."externalId" as calendar_uid,
            meetings.record.created_at as logged_at
        from meetings
        left join
            attended
            on meetings.source_name = attended.source_name
            and meetings.record.id = attended.meeting_id
    )

select *
from final
