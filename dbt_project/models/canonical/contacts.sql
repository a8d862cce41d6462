-- Sources that know the same person of an account by the same email give one row. Who leaves
-- after as_of has not left yet.
with
    context as (select as_of from {{ source("meta", "context") }}),

    unified as (
        {{ one_row_per_person("contacts", scope=["account_id"], account_columns=["account_id"]) }}
    ),

    final as (
        select
            unified.contact_id,
            unified.account_id,
            unified.email,
            unified.name,
            unified.title,
            unified.personas,
            case
                when unified.left_on > context.as_of then true else unified.is_active
            end as is_active,
            case when unified.left_on <= context.as_of then unified.left_on end as left_on,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
    )

select *
from final
