with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    -- The next source adds its staging model to this list.
    unified as ({{ one_row_per_key("mentions", [ref("stg_files__mentions")]) }}),

    located as (
        select
            unified.*,
            context.as_of,
            coalesce(accounts.time_zone, context.time_zone) as local_time_zone
        from unified
        cross join context
        left join accounts on unified.account_id = accounts.account_id
    ),

    final as (
        select mention_id, account_id, "at", source, sentiment, url, text, source_name, attributes
        from located
        where {{ local_date('"at"', "local_time_zone") }} <= as_of
    )

select *
from final
