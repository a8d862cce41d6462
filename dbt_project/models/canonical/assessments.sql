with
    -- The next source adds its staging model to this list.
    located as (
        {{ one_row_per_key_in_local_time("assessments", [ref("stg_files__assessments")]) }}
    ),

    final as (
        select
            assessment_id, account_id, assessed_at, kind, score, by_email, source_name, attributes
        from located
        where {{ local_date("assessed_at", "local_time_zone") }} <= as_of
    )

select *
from final
