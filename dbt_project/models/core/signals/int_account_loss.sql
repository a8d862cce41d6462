-- What a trigger should have warned of: customers lost, by the day on which it was known, and
-- contracts that became smaller. One row an account, kind and day.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    losses as (
        select
            account_id,
            'lost' as kind,
            least(coalesce(notice_on, effective_on), effective_on) as known_on,
            max(effective_on) as effective_on
        from {{ ref("fct_churn_event") }}
        group by account_id, least(coalesce(notice_on, effective_on), effective_on)
        union all
        select account_id, 'contracted' as kind, moved_on as known_on, moved_on as effective_on
        from {{ ref("fct_arr_movement") }}
        where type = 'contraction'
        group by account_id, moved_on
    ),

    final as (
        select losses.account_id, losses.kind, losses.known_on, losses.effective_on
        from losses
        cross join context
        where losses.known_on <= context.as_of
    )

select *
from final
order by account_id, known_on, kind
