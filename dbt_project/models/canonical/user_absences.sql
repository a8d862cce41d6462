-- Absences to come are plans: they stay.
with
    unified as ({{ one_row_per_key("user_absences", account_columns=[]) }}),

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
