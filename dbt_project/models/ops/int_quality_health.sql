-- Measures of health that moved for so many accounts in one night that they are, or lately were,
-- held at the scores of the night before.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    holds as (select * from {{ ref("int_health_hold") }}),

    held as (
        select account_id, measure
        from {{ ref("int_health_measure_day") }}
        cross join context
        where is_held and day = context.as_of
    ),

    samples as (
        select measure, {{ smallest("account_id", 5) }} as sample from held group by measure
    ),

    final as (
        select
            'health_measure_drift:' || holds.measure as check_id,
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            'error' as severity,
            holds.accounts_moved as rows_failed,
            holds.accounts as rows_total,
            coalesce(samples.sample, []) as sample,
            '{failed} of {total} accounts moved in one direction in their score of '
            || holds.measure
            || ' in the night of '
            || cast(holds.held_from as varchar)
            || ', more than customers do by themselves: the metric has probably changed its meaning '
            || 'in the system it comes from. Until '
            || cast(holds.held_to as varchar)
            || ' the scores of the night before are kept. Find out what changed there; if the new '
            || 'values are right, write {measure: '
            || holds.measure
            || ', on: '
            || cast(holds.held_from as varchar)
            || '} under health.drift.accepted in the coverage model.' as message
        from holds
        cross join context
        left join samples on holds.measure = samples.measure
        where context.as_of >= holds.held_from and context.as_of < holds.held_to
    )

select *
from final
order by check_id
