with
    unified as ({{ one_row_per_key("assessments") }}),

    located as ({{ in_local_time("unified") }}),

    final as (
        select
            assessment_id, account_id, assessed_at, kind, score, by_email, source_name, attributes
        from located
        where {{ local_date("assessed_at", "local_time_zone") }} <= as_of
    )

select *
from final
