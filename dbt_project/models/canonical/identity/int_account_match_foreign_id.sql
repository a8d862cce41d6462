-- Records that are one account by an explicit id: one carries the id that the other has in its
-- system, or both carry the same id of a third system. Each row says of a record which account
-- key it points to, and whether that could be accepted.
{{ config(schema="core") }}
with recursive
    known as (select * from {{ ref("int_account_stand_in") }} where account_key is not null),

    key_ranks as (
        select account_key, min(source_rank) as key_rank
        from known
        where is_live
        group by account_key
    ),

    claims as (
        select
            known.source_name,
            known.source_account_id,
            known.account_key,
            known.method is null and not known.is_in_doubt as is_free,
            claims.value
        from {{ ref("staged_account_claims") }} as claims
        inner join
            known
            on claims.source_name = known.source_name
            and claims.source_account_id = known.source_account_id
        where claims.claim = 'foreign_id' and known.is_live
    ),

    claimed_values as (select distinct value from claims),

    named as ({{ records_named("claimed_values") }}),

    owned as (
        select distinct
            claims.source_name,
            claims.source_account_id,
            claims.account_key,
            claims.is_free,
            claims.value,
            owners.account_key as other_key
        from claims
        inner join named on claims.value = named.value
        inner join
            known as owners
            on named.source_name = owners.source_name
            and named.source_account_id = owners.source_account_id
        where named.source_name <> claims.source_name
    ),

    -- An id of a system that is not connected: whoever carries it is the same account, unless two
    -- records of one source do. Mere numbers may be of different systems.
    unowned as (
        select claims.*
        from claims
        left join
            owned
            on claims.source_name = owned.source_name
            and claims.source_account_id = owned.source_account_id
            and claims.value = owned.value
        where owned.value is null and not regexp_matches(claims.value, '^[0-9]+$')
    ),

    carried_twice as (
        select distinct value
        from
            (
                select value, source_name
                from unowned
                group by value, source_name
                having count(distinct account_key) > 1
            ) as twice
    ),

    carriers as (
        select
            unowned.*,
            first_value(unowned.account_key) over (
                partition by unowned.value order by key_ranks.key_rank, unowned.account_key
            ) as other_key
        from unowned
        inner join key_ranks on unowned.account_key = key_ranks.account_key
        left join carried_twice on unowned.value = carried_twice.value
        where carried_twice.value is null
    ),

    candidates as (
        select source_name, source_account_id, account_key, is_free, value, other_key
        from owned
        union
        select source_name, source_account_id, account_key, is_free, value, other_key
        from carriers
        where account_key <> other_key
    ),

    numbered as (
        select
            *, count(*) over (partition by source_name, source_account_id, value) as accounts_named
        from candidates
    ),

    oriented as (
        select
            numbered.*,
            own.key_rank as own_rank,
            other.key_rank as other_rank,
            other.key_rank < own.key_rank as is_other_above
        from numbered
        inner join key_ranks as own on numbered.account_key = own.account_key
        inner join key_ranks as other on numbered.other_key = other.account_key
    ),

    edges as (
        select distinct
            case when is_other_above then account_key else other_key end as lower_key,
            case when is_other_above then own_rank else other_rank end as lower_rank,
            case when is_other_above then other_key else account_key end as upper_key,
            case when is_other_above then other_rank else own_rank end as upper_rank
        from oriented
        where is_free and accounts_named = 1 and account_key <> other_key
    ),

    {{ accepted_from("edges") }},

    final as (
        select
            oriented.source_name,
            oriented.source_account_id,
            oriented.account_key,
            oriented.value as foreign_id,
            oriented.other_key,
            not oriented.is_free as is_overridden,
            oriented.is_free
            and oriented.accounts_named = 1
            and accepted.lower_key is not null as is_accepted
        from oriented
        left join
            accepted
            on (case when is_other_above then account_key else other_key end) = accepted.lower_key
            and (case when is_other_above then other_key else account_key end) = accepted.upper_key
    )

select *
from final
