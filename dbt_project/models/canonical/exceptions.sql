-- An exception shows from its first day.
with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("exceptions") }}),

    final as (
        select
            unified.exception_id,
            unified.account_id,
            unified.kind,
            unified.family,
            unified."from",
            unified."to",
            unified.reason,
            unified.approved_by,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where unified."from" <= context.as_of
    )

select *
from final
