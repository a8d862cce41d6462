-- Obligations whose window has fixed dates, judged. A view: int_obligation alone reads it.
{{ config(schema="core", materialized="view") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    cycles as (select * from {{ ref("int_window_cycle") }}),

    matches as (
        select cycle_number, activity_id
        from {{ ref("int_window_match") }}
        union all
        select cycle_number, activity_id
        from {{ ref("int_window_late_match") }}
    ),

    settled as (
        select
            matches.cycle_number,
            matches.activity_id,
            touches.touched_on,
            touches.quality,
            touches.failed_conditions
        from matches
        inner join cycles on matches.cycle_number = cycles.cycle_number
        inner join
            {{ ref("int_obligation_touch") }} as touches
            on matches.activity_id = touches.activity_id
            and cycles.account_id = touches.account_id
            and cycles.standard_number = touches.standard_number
    ),

    final as (
        select
            cycles.account_id,
            cycles.family,
            cycles.schedule_type,
            cycles.standard_number,
            cycles.cycle_key,
            cycles.opened_on,
            cycles.window_open_on,
            cycles.due_on,
            cycles.closes_on,
            case when settled.activity_id is null then cycles.ended_on end as ended_on,
            case when settled.activity_id is null then cycles.end_reason end as end_reason,
            cycles.is_short_notice,
            cycles.is_late_notice,
            case
                when settled.touched_on <= cycles.closes_on
                then 'on_time'
                when settled.touched_on is not null
                then 'late'
                when cycles.ended_on is not null or context.as_of <= cycles.closes_on
                then 'open'
                else 'missed'
            end as timeliness,
            settled.quality,
            settled.failed_conditions,
            settled.touched_on as fulfilled_on,
            settled.activity_id,
            cycles.standard_number as judged_by
        from cycles
        cross join context
        left join settled on cycles.cycle_number = settled.cycle_number
    )

select *
from final
