{{ config(materialized="view") }}
with
    meetings as (select * from {{ ref("int_custify__meeting") }}),

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
        select source_name, meeting_id, unnest(participants, recursive := true) from meetings
    ),

    -- People of the meeting whom no participant stands for are there by their id alone.
    people as (select source_name, meeting_id, unnest(contact_ids) as contact_id from meetings),

    -- Who is there twice is one in what follows.
    present as (
        select source_name, meeting_id, email, domain, is_contact
        from participants
        where email <> '' and comes
        union all
        select people.source_name, people.meeting_id, lower(contacts.email), null, true
        from people
        inner join
            contacts
            on people.source_name = contacts.source_name
            and people.contact_id = contacts.contact_id
        anti join
            participants
            on people.source_name = participants.source_name
            and people.meeting_id = participants.meeting_id
            and lower(contacts.email) = participants.email
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
            and present.domain = user_domains.domain
        group by all
    ),

    attended as (
        select
            sided.source_name,
            sided.meeting_id,
            -- To sort each list takes half the time of an aggregate in order.
            array_to_string(
                list_sort(
                    array_agg(sided.email) filter (sided.is_ours and sided.email is not null)
                ),
                ';'
            ) as user_emails,
            array_to_string(
                list_sort(
                    array_agg(sided.email) filter (not sided.is_ours and sided.email is not null)
                ),
                ';'
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
            'meeting:' || meetings.meeting_id as activity_id,
            coalesce(meetings.account_id, attended.account_id) as account_id,
            'meeting' as type,
            'meeting' as channel,
            meetings.status,
            meetings.started_at,
            meetings.ended_at,
            meetings.minutes,
            meetings.direction,
            meetings.subject,
            attended.user_emails,
            attended.contact_emails,
            cast(attended.customer_attendees as varchar) as customer_attendees,
            meetings.notes,
            meetings.calendar_uid,
            meetings.logged_at
        from meetings
        left join
            attended
            on meetings.source_name = attended.source_name
            and meetings.meeting_id = attended.meeting_id
    )

select *
from final
