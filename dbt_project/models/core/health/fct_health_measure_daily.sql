-- What each measure of health was worth on the days of the spine, and what it gave to the score: a
-- view, since it is what int_health_measure_day keeps, with the night's own day.
{{ config(materialized="view") }}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    measures as (select * from {{ ref("int_health_measure_day") }}),

    final as (
        select
            measures.account_id,
            measures.day as as_of_on,
            measures.measure_group,
            measures.measure,
            measures.raw_value,
            measures.score,
            measures.effective_weight,
            measures.contribution,
            cast(measures.age_days as integer) as age_days,
            measures.status,
            measures.measured_on,
            measures.measured_score,
            measures.is_held,
            measures.is_stale_warned,
            context.as_of as as_of_date,
            context.config_version
        from measures
        cross join context
        where measures.is_on_spine and measures.is_model_of_day
    )

select *
from final
