with
    activities as (
        select *
        from {{ ref("int_custify__task_activity") }}
        union all by name
        select *
        from {{ ref("int_custify__note_activity") }}
        union all by name
        select *
        from {{ ref("int_custify__meeting_activity") }}
    )

select *
from ({{ stage_records("custify", "activities", "activities") }})
