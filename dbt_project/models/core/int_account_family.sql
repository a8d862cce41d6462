-- The ultimate parent of each account. A parent that is not among the accounts is no parent.
-- In a circle of parents the smallest identifier of the circle stands for all.
{{ config(schema="core") }}
with recursive
    accounts as (select account_id, parent_account_id from {{ ref("accounts") }}),

    parents as (
        select child.account_id, child.parent_account_id
        from accounts as child
        inner join accounts as parent on child.parent_account_id = parent.account_id
        where child.account_id <> child.parent_account_id
    ),

    ancestors as (
        select account_id, parent_account_id as ancestor_id
        from parents
        union
        select ancestors.account_id, parents.parent_account_id as ancestor_id
        from ancestors
        inner join parents on ancestors.ancestor_id = parents.account_id
    ),

    -- The end of each line: an account without a parent, or one that is its own ancestor.
    line_ends as (
        select accounts.account_id, circular.account_id is not null as is_circular
        from accounts
        left join parents on accounts.account_id = parents.account_id
        left join
            ancestors as circular
            on accounts.account_id = circular.account_id
            and accounts.account_id = circular.ancestor_id
        where parents.account_id is null or circular.account_id is not null
    ),

    final as (
        select
            accounts.account_id,
            coalesce(
                min(case when not own.is_circular then accounts.account_id end),
                min(line_ends.account_id),
                accounts.account_id
            ) as family_account_id,
            coalesce(
                bool_or(line_ends.is_circular or own.is_circular), false
            ) as has_circular_parents
        from accounts
        left join line_ends as own on accounts.account_id = own.account_id
        left join ancestors on accounts.account_id = ancestors.account_id
        left join line_ends on ancestors.ancestor_id = line_ends.account_id
        group by accounts.account_id
    )

select *
from final
order by account_id
