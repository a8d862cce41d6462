-- Obligations of rolling schedules, judged. A conditional schedule is a rolling one that runs only
-- while its condition holds. A view: int_obligation alone reads it.
{{ config(schema="core", materialized="view") }}
with
    cycles as (select * from {{ ref("int_rolling_cycle") }}),

    substitutes as (select * from {{ ref("int_rolling_substitute") }}),

    final as (
        select
            cycles.account_id,
            cycles.family,
            cycles.schedule_type,
            cycles.standard_number,
            concat(
                case when cycles.schedule_type = 'rolling' then 'roll:' else 'cond:' end,
                cast(cycles.due_on as varchar)
            ) as cycle_key,
            cycles.opened_on,
            cycles.window_open_on,
            cycles.due_on,
            cycles.original_due_on,
            cycles.closes_on,
            cycles.ended_on,
            cycles.end_reason,
            case
                when cycles.end_reason is not null
                then 'open'
                when cycles.is_settled and cycles.next_touch_on <= cycles.closes_on
                then 'on_time'
                when cycles.is_settled
                then 'late'
                when substitutes.activity_id is not null
                then 'on_time'
                when cycles.is_missed
                then 'missed'
                else 'open'
            end as timeliness,
            case
                when cycles.is_settled
                then cycles.next_quality
                when substitutes.activity_id is not null
                then 'below_standard'
            end as quality,
            case
                when cycles.is_settled
                then cycles.next_failed_conditions
                else substitutes.failed_conditions
            end as failed_conditions,
            case
                when cycles.is_settled then cycles.next_touch_on else substitutes.touched_on
            end as fulfilled_on,
            case
                when cycles.is_settled then cycles.next_activity_id else substitutes.activity_id
            end as activity_id,
            case
                when cycles.is_settled then cycles.next_judged_by else substitutes.judged_by
            end as judged_by
        from cycles
        left join
            substitutes
            on cycles.segment_number = substitutes.segment_number
            and cycles.cycle_number = substitutes.cycle_number
            and cycles.is_missed
    )

select *
from final
