-- Overall health scores that are on another scale than 0 to 100.
with
    final as (
        select
            source_name,
            'assessments' as entity,
            account_id || ' | ' || "on" as record_key,
            'out_of_scale' as reason
        from {{ ref("stg_custify__usage") }}
        where
            metric = 'health_score:global'
            and quarantine_reason is null
            and value not between 0
            and 100
    )

select *
from final
