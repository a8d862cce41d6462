-- Links that hold from a later day are not known yet.
with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("account_links") }}),

    final as (
        select
            unified.account_id,
            unified.source,
            unified.source_account_id,
            unified.valid_from,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where coalesce(unified.valid_from <= context.as_of, true)
    )

select *
from final
