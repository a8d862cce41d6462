with
    -- The next source adds its staging model to this list.
    located as ({{ one_row_per_key_in_local_time("surveys", [ref("stg_files__surveys")]) }}),

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
