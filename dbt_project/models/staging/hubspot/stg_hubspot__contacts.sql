-- People without a company are leads: they belong to no account and are left out.
with
    mapped as (
        select *
        from {{ ref("int_hubspot__person") }}
        where coalesce(nullif(overrides['contacts.account_id'], ''), account_id) is not null
    )

select *
from ({{ stage_records("hubspot", "contacts", "mapped") }})
