-- Which touch settles which cycle in time: cycles choose in the order in which they close, each the
-- earliest unused touch that is not below standard, else the earliest below. A cycle that ended
-- early takes only what came before its end.
{{ config(schema="core") }}
with recursive
    cycles as (
        select *, concat_ws('|', account_id, family, schedule_type) as group_key
        from {{ ref("int_window_cycle") }}
    ),

    touches as (select * from {{ ref("int_obligation_touch") }}),

    candidates as (
        select
            cycles.cycle_number as cycle_id,
            {{
                list_in_order(
                    "touches.activity_id",
                    "case when touches.quality = 'below_standard' then 1 else 0 end,"
                    " touches.started_at, touches.activity_id",
                )
            }} as choices
        from cycles
        inner join
            touches
            on cycles.account_id = touches.account_id
            and cycles.standard_number = touches.standard_number
            and touches.touched_on >= cycles.window_open_on
            and touches.touched_on <= cycles.closes_on
            and coalesce(touches.touched_on < cycles.ended_on, true)
        group by cycles.cycle_number
    ),

    places as (
        select
            candidates.cycle_id,
            cycles.group_key,
            row_number() over (partition by cycles.group_key order by candidates.cycle_id) as place
        from candidates
        inner join cycles on candidates.cycle_id = cycles.cycle_number
    ),

    queue as (
        select places.group_key, places.place, candidates.cycle_id, candidates.choices
        from candidates
        inner join places on candidates.cycle_id = places.cycle_id
    ),

    walk as ({{ earliest_unused("queue") }}),

    final as (
        select cycle_id as cycle_number, group_key, activity_id
        from walk
        where activity_id is not null
    )

select *
from final
