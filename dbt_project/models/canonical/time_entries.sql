with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    -- The next source adds its staging model to this list.
    unified as ({{ one_row_per_key("time_entries", [ref("stg_files__time_entries")]) }}),

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
        select
            entry_id,
            user_email,
            started_at,
            minutes,
            account_id,
            category,
            work_type,
            source_name,
            attributes
        from located
        where {{ local_date("started_at", "local_time_zone") }} <= as_of
    )

select *
from final
