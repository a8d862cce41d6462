-- Touches below standard within cycles that nothing better settled: such a cycle was met in time,
-- if not to standard. Each is used once, the earliest first.
{{ config(schema="core") }}
with recursive
    cycles as (select * from {{ ref("int_rolling_cycle") }} where is_missed),

    touches as (select * from {{ ref("int_rolling_touch") }} where quality = 'below_standard'),

    candidates as (
        select
            cycles.segment_number as group_key,
            cycles.cycle_number as cycle_id,
            {{ list_in_order("touches.activity_id", "touches.started_at, touches.activity_id") }}
            as choices
        from cycles
        inner join
            touches
            on cycles.account_id = touches.account_id
            and cycles.family = touches.family
            and cycles.schedule_type = touches.schedule_type
            and cycles.run_from = touches.run_from
            and touches.touched_on > cycles.window_open_on
            and touches.touched_on <= cycles.closes_on
            and coalesce(touches.touched_on < cycles.next_touch_on, true)
        group by cycles.segment_number, cycles.cycle_number
    ),

    queue as (
        select *, row_number() over (partition by group_key order by cycle_id) as place
        from candidates
    ),

    walk as ({{ earliest_unused("queue") }}),

    final as (
        select
            walk.group_key as segment_number,
            walk.cycle_id as cycle_number,
            walk.activity_id,
            touches.standard_number as judged_by,
            touches.touched_on,
            touches.failed_conditions
        from walk
        inner join
            {{ ref("int_rolling_segment") }} as segments on walk.group_key = segments.segment_number
        inner join
            touches
            on walk.activity_id = touches.activity_id
            and segments.account_id = touches.account_id
            and segments.family = touches.family
            and segments.schedule_type = touches.schedule_type
            and segments.run_from = touches.run_from
    )

select *
from final
