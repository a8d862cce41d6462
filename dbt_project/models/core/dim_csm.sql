-- One row a person of the vendor's team, with the accounts they look after on as_of. What
-- people cost is not shown.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    users as (select * from {{ ref("users") }}),

    active_accounts as (
        select account_id, owner_email from {{ ref("dim_account") }} where is_active
    ),

    looked_after as (
        select account_id, owner_email as user_email
        from active_accounts
        where owner_email is not null
        union
        select assignments.account_id, assignments.user_email
        from {{ ref("assignments") }} as assignments
        inner join active_accounts on assignments.account_id = active_accounts.account_id
        cross join context
        where
            assignments.role = 'lead'
            and assignments.user_email is not null
            and coalesce(assignments.valid_to > context.as_of, true)
    ),

    books as (
        select user_email, count(distinct account_id) as active_accounts
        from looked_after
        group by user_email
    ),

    final as (
        select
            users.user_id,
            users.email,
            users.name,
            users.role,
            coalesce(users.role = 'csm', books.user_email is not null) as is_csm,
            users.function,
            users.team,
            users.fte,
            users.weekly_hours,
            users.started_on,
            users.ended_on,
            coalesce(users.started_on <= context.as_of, true)
            and coalesce(users.ended_on > context.as_of, true) as is_employed,
            users.time_zone,
            users.skills,
            cast(coalesce(books.active_accounts, 0) as integer) as active_accounts,
            users.source_name,
            context.as_of as as_of_date,
            context.config_version
        from users
        cross join context
        left join books on users.email = books.user_email
    )

select *
from final
order by user_id
