with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("success_plans") }}),

    final as (
        select
            unified.plan_id,
            unified.account_id,
            unified.updated_on,
            unified.objectives,
            unified.is_customer_validated,
            unified.status,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where unified.updated_on <= context.as_of
    )

select *
from final
