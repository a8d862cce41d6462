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

    reached as (
        select activity_id, account_id, {{ rows_of("contact_emails") }} as email from activities
    ),

    known as (
        select activity_id, personas
        from activities
        where {{ list_length("personas") }} > 0
        union all
        select reached.activity_id, contacts.personas
        from reached
        inner join
            contacts on reached.account_id = contacts.account_id and reached.email = contacts.email
    ),

    final as (
        select activity_id, {{ union_of_lists("personas") }} as personas
        from known
        group by activity_id
    )

select *
from final
