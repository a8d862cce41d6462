with
    unified as ({{ one_row_per_key("mentions") }}),

    located as ({{ in_local_time("unified") }}),

    final as (
        select mention_id, account_id, "at", source, sentiment, url, text, source_name, attributes
        from located
        where {{ local_date('"at"', "local_time_zone") }} <= as_of
    )

select *
from final
