-- A contract is known from its signature, else from its start.
with
    context as (select as_of, currency from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("contracts") }}),

    final as (
        select
            unified.contract_id,
            unified.account_id,
            unified.starts_on,
            unified.ends_on,
            unified.arr,
            coalesce(unified.currency, context.currency) as currency,
            unified.product,
            unified.status,
            unified.signed_on,
            case when unified.notice_on <= context.as_of then unified.notice_on end as notice_on,
            unified.predecessor_contract_id,
            unified.auto_renews,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where coalesce(unified.signed_on, unified.starts_on) <= context.as_of
    )

select *
from final
