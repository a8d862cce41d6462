-- Who looks after each account, in what part, from when to when: as assigned, and where no lead is
-- assigned, the owner that the account's records name.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    users as (
        select email, min(user_id) as user_id
        from {{ ref("users") }}
        where email is not null
        group by email
    ),

    assignments as (select * from {{ ref("assignments") }}),

    -- A lead without an end leads until the next one.
    succeeded as (
        select
            *,
            min(
                case when role = 'lead' and not coalesce(is_temporary, false) then valid_from end
            ) over (
                partition by account_id, role
                order by valid_from range between interval 1 day following and unbounded following
            ) as succeeded_on
        from assignments
    ),

    assigned as (
        select
            account_id,
            valid_from,
            coalesce(
                valid_to, case when not coalesce(is_temporary, false) then succeeded_on end
            ) as valid_to,
            role,
            user_email,
            pool,
            function,
            allocation_pct,
            coalesce(is_temporary, false) as is_temporary,
            reason,
            source_name,
            'source_history' as history_origin
        from succeeded
    ),

    led as (select distinct account_id from assignments where role = 'lead'),

    accounts as (select account_id, source_name from {{ ref("accounts") }}),

    versions as (
        select
            history.account_id,
            history.valid_from,
            history.valid_to,
            history.owner_email,
            history.pool,
            history.history_origin,
            {{ fingerprint(["history.owner_email", "history.pool"]) }} as owner
        from {{ ref("account_scd2") }} as history
        left join led on history.account_id = led.account_id
        where led.account_id is null
    ),

    compared as (
        select
            *,
            lag(owner) over same_account as owner_before,
            lag(valid_to) over same_account as valid_to_before,
            max(coalesce(valid_to, date '9999-12-31')) over (
                partition by account_id
            ) as last_valid_to
        from versions
        window same_account as (partition by account_id order by valid_from)
    ),

    changes as (
        select *
        from compared
        where owner_before is null or owner_before <> owner or valid_to_before <> valid_from
    ),

    bounded as (
        select
            *,
            lead(valid_to_before) over (
                partition by account_id order by valid_from
            ) as next_valid_to
        from changes
    ),

    owned as (
        select
            bounded.account_id,
            bounded.valid_from,
            nullif(
                coalesce(bounded.next_valid_to, bounded.last_valid_to), date '9999-12-31'
            ) as valid_to,
            'lead' as role,
            bounded.owner_email as user_email,
            bounded.pool,
            cast(null as varchar) as function,
            cast(null as double) as allocation_pct,
            false as is_temporary,
            cast(null as varchar) as reason,
            accounts.source_name,
            bounded.history_origin
        from bounded
        left join accounts on bounded.account_id = accounts.account_id
        where bounded.owner_email is not null or bounded.pool is not null
    ),

    unified as (
        select *
        from assigned
        union all
        select *
        from owned
    ),

    final as (
        select
            unified.account_id,
            unified.valid_from,
            unified.valid_to,
            unified.role,
            users.user_id,
            unified.user_email,
            unified.pool,
            unified.function,
            unified.allocation_pct,
            unified.is_temporary,
            unified.reason,
            unified.source_name,
            unified.history_origin,
            context.as_of as as_of_date,
            context.config_version
        from unified
        cross join context
        left join users on unified.user_email = users.email
        where coalesce(unified.valid_from < unified.valid_to, true)
    )

select *
from final
order by account_id, valid_from, role, user_email, pool
