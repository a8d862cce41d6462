-- Which touch settles which cycle late: of the touches that settle nothing in time, chosen in the
-- same way.
{{ config(schema="core") }}
with recursive
    cycles as (
        select
            cycles.*,
            concat_ws('|', cycles.account_id, cycles.family, cycles.schedule_type) as group_key
        from {{ ref("int_window_cycle") }} as cycles
        left join
            {{ ref("int_window_match") }} as matches on cycles.cycle_number = matches.cycle_number
        where matches.cycle_number is null and cycles.searched_until > cycles.closes_on
    ),

    touches as (select * from {{ ref("int_obligation_touch") }}),

    candidates as (
        select
            cycles.cycle_number as cycle_id,
            cycles.group_key,
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
            and touches.touched_on > cycles.closes_on
            and touches.touched_on <= cycles.searched_until
        left join
            {{ ref("int_window_match") }} as matches
            on cycles.group_key = matches.group_key
            and touches.activity_id = matches.activity_id
        where matches.activity_id is null
        group by cycles.cycle_number, cycles.group_key
    ),

    queue as (
        select *, row_number() over (partition by group_key order by cycle_id) as place
        from candidates
    ),

    walk as ({{ earliest_unused("queue") }}),

    final as (
        select cycle_id as cycle_number, group_key, activity_id
        from walk
        where activity_id is not null
    )

select *
from final
