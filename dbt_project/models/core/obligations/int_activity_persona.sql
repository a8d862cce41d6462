-- The personas that an activity reached: those that its own record names, and those of the contacts
-- who took part or were addressed. Few systems note personas beside a meeting; most note them at
-- the contact.
{{ config(schema="core") }}
with
    activities as (
        select activity_id, account_id, personas, contact_emails
        from {{ ref("fct_activity") }}
        where status = 'completed' and account_id is not null
    ),

    contacts as (
        select account_id, email, personas
        from {{ ref("contacts") }}
        where {{ list_length("personas") }} > 0
    ),

    -- The same people meet again and again: what they are is asked once.
    audiences as (
        select min(activity_id) as audience_id, account_id, contact_emails, personas
        from activities
        group by account_id, contact_emails, personas
    ),

    reached as (
        select audience_id, account_id, {{ rows_of("contact_emails") }} as email from audiences
    ),

    known as (
        select audience_id, personas
        from audiences
        where {{ list_length("personas") }} > 0
        union all
        select reached.audience_id, contacts.personas
        from reached
        inner join
            contacts on reached.account_id = contacts.account_id and reached.email = contacts.email
    ),

    -- Distinct, so that the lists are made before they are joined, not for each activity.
    united as (
        select distinct audience_id, {{ union_of_lists("personas") }} as personas
        from known
        group by audience_id
    ),

    final as (
        select activities.activity_id, united.personas
        from activities
        inner join
            audiences
            on activities.account_id = audiences.account_id
            and activities.contact_emails is not distinct from audiences.contact_emails
            and activities.personas is not distinct from audiences.personas
        inner join united on audiences.audience_id = united.audience_id
    )

select *
from final
