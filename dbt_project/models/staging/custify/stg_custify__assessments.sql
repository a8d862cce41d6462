-- What Custify itself makes of each company: its overall health score, day by day. High is good.
with
    mapped as (
        select
            source_name,
            cast(null as map(varchar, varchar)) as overrides,
            cast(null as json) as extra,
            'csp_health:' || account_id || ':' || "on" as assessment_id,
            account_id,
            -- Noon, so that it is the same day in whatever time zone the account lives.
            "on" || 'T12:00:00' as assessed_at,
            'csp_health' as kind,
            value as score
        from {{ ref("stg_custify__usage") }}
        where
            metric = 'health_score:global' and quarantine_reason is null and value between 0 and 100
    )

select *
from ({{ stage_records("custify", "assessments", "mapped") }})
