-- An assignment shows from its first day.
with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("assignments") }}),

    final as (
        select
            unified.account_id,
            unified.user_email,
            unified.pool,
            unified.role,
            unified.function,
            unified.allocation_pct,
            unified.valid_from,
            unified.valid_to,
            unified.is_temporary,
            unified.reason,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where unified.valid_from <= context.as_of
    )

select *
from final
