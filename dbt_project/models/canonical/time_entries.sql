with
    -- The next source adds its staging model to this list.
    located as (
        {{ one_row_per_key_in_local_time("time_entries", [ref("stg_files__time_entries")]) }}
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
