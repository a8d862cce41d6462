with
    -- The next source adds its staging model to this list.
    located as ({{ one_row_per_key_in_local_time("mentions", [ref("stg_files__mentions")]) }}),

    final as (
        select mention_id, account_id, "at", source, sentiment, url, text, source_name, attributes
        from located
        where {{ local_date('"at"', "local_time_zone") }} <= as_of
    )

select *
from final
