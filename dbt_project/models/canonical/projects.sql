-- A project shows from its first day; its end, from the day that it ended.
with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as ({{ one_row_per_key("projects") }}),

    final as (
        select
            unified.project_id,
            unified.account_id,
            unified.kind,
            unified.starts_on,
            unified.due_on,
            case
                when unified.completed_on <= context.as_of then unified.completed_on
            end as completed_on,
            case
                when unified.completed_on > context.as_of then null else unified.status
            end as status,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
        where unified.starts_on <= context.as_of
    )

select *
from final
