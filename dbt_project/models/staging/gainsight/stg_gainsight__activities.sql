with
    activities as (
        select *
        from {{ ref("int_gainsight__timeline_activity") }}
        union all by name
        select *
        from {{ ref("int_gainsight__cta_activity") }}
    )

select *
from ({{ stage_records("gainsight", "activities", "activities") }})
