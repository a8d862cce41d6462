-- The links kept by hand that hold on as_of: of several for one record, the latest.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    links as ({{ one_row_per_key("account_links", account_columns=[]) }}),

    ranked as (
        select
            links.*,
            row_number() over (
                partition by links.source, links.source_account_id
                order by links.valid_from desc nulls last
            ) as place
        from links
        cross join context
        where coalesce(links.valid_from <= context.as_of, true)
    ),

    final as (
        select source as source_name, source_account_id, account_id as linked_to, valid_from
        from ranked
        where place = 1
    )

select *
from final
