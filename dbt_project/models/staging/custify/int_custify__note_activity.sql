{{ config(materialized="view") }}
with
    notes as (select * from {{ ref("int_custify__note") }}),

    contacts as (
        select source_name, contact_id, account_id, email
        from {{ ref("stg_custify__contacts") }}
        where quarantine_reason is null
    ),

    users as (
        select source_name, user_id, email
        from {{ ref("stg_custify__users") }}
        where quarantine_reason is null
    ),

    final as (
        select
            notes.source_name,
            notes.overrides,
            notes.extra,
            'note:' || notes.note_id as activity_id,
            coalesce(notes.account_id, contacts.account_id) as account_id,
            'note' as type,
            'completed' as status,
            notes.logged_at as started_at,
            notes.subject,
            coalesce(
                users.email, case when notes.created_by like '%@%' then notes.created_by end
            ) as user_emails,
            contacts.email as contact_emails,
            notes.notes,
            notes.logged_at as notes_at,
            notes.is_automated,
            notes.logged_at
        from notes
        left join
            contacts
            on notes.source_name = contacts.source_name
            and notes.contact_id = contacts.contact_id
        left join
            users on notes.source_name = users.source_name and notes.created_by = users.user_id
    )

select *
from final
