-- Pauses of each account and family, at most 90 days each, united where they touch.
{{ config(schema="core") }}
with
    pauses as (
        select
            account_id,
            family,
            "from" as paused_from,
            least("to", {{ add_days('"from"', 90) }}) as paused_to
        from {{ ref("exceptions") }}
        where kind = 'pause' and "from" < "to"
    ),

    families as (select distinct account_id, family from {{ ref("int_obligation_spell") }}),

    by_family as (
        select families.account_id, families.family, pauses.paused_from, pauses.paused_to
        from pauses
        inner join
            families
            on pauses.account_id = families.account_id
            and coalesce(pauses.family, families.family) = families.family
    ),

    reached as (
        select
            *,
            max(paused_to) over (
                partition by account_id, family
                order by paused_from, paused_to
                rows between unbounded preceding and 1 preceding
            ) as paused_before_to
        from by_family
    ),

    numbered as (
        select
            *,
            count(case when paused_before_to >= paused_from then null else 1 end) over (
                partition by account_id, family
                order by paused_from, paused_to
                rows between unbounded preceding and current row
            ) as pause_number
        from reached
    ),

    final as (
        select account_id, family, min(paused_from) as paused_from, max(paused_to) as paused_to
        from numbered
        group by account_id, family, pause_number
    )

select *
from final
order by account_id, family, paused_from
