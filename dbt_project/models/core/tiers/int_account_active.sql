-- The days on which each account is active. A span may end after as_of: contracts are known by
-- their dates. One that begins after as_of is not there yet.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    terms as (
        select
            account_id,
            family_account_id,
            in_force_from,
            coalesce(in_force_to, date '9999-12-31') as in_force_to
        from {{ ref("int_term_in_force") }}
    ),

    reached as (
        select
            *,
            max(in_force_to) over (
                partition by account_id
                order by in_force_from, in_force_to
                rows between unbounded preceding and 1 preceding
            ) as in_force_before
        from terms
    ),

    spans as (
        select
            *,
            count(
                case when coalesce(in_force_from > in_force_before, true) then account_id end
            ) over (
                partition by account_id
                order by in_force_from, in_force_to
                rows between unbounded preceding and current row
            ) as span_number
        from reached
    ),

    final as (
        select
            spans.account_id,
            spans.family_account_id,
            min(spans.in_force_from) as active_from,
            nullif(max(spans.in_force_to), date '9999-12-31') as active_to
        from spans
        cross join context
        group by spans.account_id, spans.family_account_id, spans.span_number, context.as_of
        having min(spans.in_force_from) <= context.as_of
    )

select *
from final
order by account_id, active_from
