with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("usage") }}),

    final as (
        select
            unified.account_id,
            unified."on",
            unified.metric,
            unified.value,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where unified."on" <= context.as_of
    )

select *
from final
