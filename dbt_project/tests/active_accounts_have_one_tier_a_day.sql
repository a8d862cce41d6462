-- On each active day an account is in one tier: the rows of tier_membership_scd2 hold for as many
-- days as the account is active, and none of them outside.
{{ config(meta={"dagster": {"ref": {"name": "tier_membership_scd2"}}}) }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    active as (
        select
            account_id,
            sum(
                {{
                    days_between(
                        "active_from",
                        "least(coalesce(active_to, date '9999-12-31'), "
                        ~ add_days("context.as_of", 1)
                        ~ ")",
                    )
                }}
            ) as active_days
        from {{ ref("int_account_active") }}
        cross join context
        group by account_id
    ),

    members as (
        select
            membership.account_id,
            sum(
                {{
                    days_between(
                        "membership.valid_from",
                        "coalesce(membership.valid_to, " ~ add_days("context.as_of", 1) ~ ")",
                    )
                }}
            ) as member_days
        from {{ ref("tier_membership_scd2") }} as membership
        cross join context
        group by membership.account_id
    )

select
    coalesce(active.account_id, members.account_id) as account_id,
    active.active_days,
    members.member_days,
    'account '
    || coalesce(active.account_id, members.account_id)
    || ' is active on '
    || coalesce(active.active_days, 0)
    || ' days and in a tier on '
    || coalesce(members.member_days, 0) as message
from active
full outer join members on active.account_id = members.account_id
where active.active_days is distinct from members.member_days
