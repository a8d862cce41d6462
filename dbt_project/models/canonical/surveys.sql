with
    unified as ({{ one_row_per_key("surveys") }}),

    located as ({{ in_local_time("unified") }}),

    final as (
        select
            response_id,
            account_id,
            kind,
            score,
            responded_at,
            contact_email,
            comment,
            source_name,
            attributes
        from located
        where {{ local_date("responded_at", "local_time_zone") }} <= as_of
    )

select *
from final
