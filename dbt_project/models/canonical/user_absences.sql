-- Absences to come are plans: they stay.
with
    -- The next source adds its staging model to this list.
    unified as ({{ one_row_per_key("user_absences", [ref("stg_files__user_absences")]) }}),

    final as (
        select
            unified.user_email,
            unified."from",
            unified."to",
            unified.kind,
            unified.source_name,
            unified.attributes
        from unified
    )

select *
from final
