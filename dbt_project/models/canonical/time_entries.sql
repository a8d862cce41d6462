with
    unified as ({{ one_row_per_key("time_entries") }}),

    located as ({{ in_local_time("unified") }}),

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
