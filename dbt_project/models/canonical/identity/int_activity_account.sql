-- The account of an activity that names none, as calendars do not: that of the people who took
-- part. A contact's account comes first, then the account whose domain the address has. Our own
-- people are no evidence, whatever list they are in.
{{ config(schema="core") }}
with
    users as (select distinct email from {{ ref("users") }}),

    accounts as (select account_id from {{ ref("accounts") }}),

    unassigned as (
        select source_name, activity_id, contact_emails
        from ({{ records_of("activities", account_columns=[]) }}) as activities
        where account_id is null and contact_emails is not null
    ),

    attendees as (
        select distinct source_name, activity_id, {{ rows_of("contact_emails") }} as email
        from unassigned
    ),

    customers as (
        select attendees.source_name, attendees.activity_id, attendees.email
        from attendees
        left join users on attendees.email = users.email
        where users.email is null
    ),

    contact_accounts as (
        select contacts.email, min(contacts.account_id) as account_id
        from {{ ref("contacts") }} as contacts
        inner join accounts on contacts.account_id = accounts.account_id
        where contacts.email is not null
        group by contacts.email
        having count(distinct contacts.account_id) = 1
    ),

    domain_accounts as (
        select records.domain, min(identities.account_id) as account_id
        from {{ ref("int_account_stand_in") }} as records
        inner join
            {{ ref("map_account_identity") }} as identities
            on records.source_name = identities.source
            and records.source_account_id = identities.source_account_id
        where records.domain is not null and records.is_live and identities.account_id is not null
        group by records.domain
        having count(distinct identities.account_id) = 1
    ),

    located as (
        select
            customers.source_name,
            customers.activity_id,
            coalesce(contact_accounts.account_id, domain_accounts.account_id) as account_id
        from customers
        left join contact_accounts on customers.email = contact_accounts.email
        left join domain_accounts on {{ domain_of("customers.email") }} = domain_accounts.domain
    ),

    final as (
        select
            source_name,
            activity_id,
            case when count(distinct account_id) = 1 then min(account_id) end as account_id,
            count(distinct account_id) as accounts_found
        from located
        group by source_name, activity_id
    )

select *
from final
