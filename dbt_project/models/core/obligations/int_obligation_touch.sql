-- Accepted activities with their quality by the standard.
{{ config(schema="core") }}
with
    touches as (select * from {{ ref("int_touch") }}),

    quality as (select * from {{ ref("int_touch_quality") }}),

    final as (
        select
            touches.account_id,
            touches.family,
            touches.standard_number,
            touches.activity_id,
            touches.touched_on,
            touches.started_at,
            -- Without conditions any will do.
            coalesce(quality.quality, 'to_standard') as quality,
            quality.failed_conditions
        from touches
        left join
            quality
            on touches.standard_number = quality.standard_number
            and touches.activity_id = quality.activity_id
    )

select *
from final
