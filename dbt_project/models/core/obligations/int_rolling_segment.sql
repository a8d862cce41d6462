-- From one anchor to the next: the start of a run, then every anchoring touch. Of several touches
-- on one day of the clock the first counts. A touch after the end of a run settles what was past
-- due and anchors nothing.
{{ config(schema="core") }}
with
    runs as (
        select distinct account_id, family, schedule_type, run_from, run_to, run_end_reason
        from {{ ref("int_obligation_spell") }}
        where schedule_type in {{ schedules_with_clock() }}
    ),

    touches as (
        select
            account_id,
            family,
            schedule_type,
            run_from,
            touch_clock as anchor_clock,
            touched_on as anchor_on,
            activity_id,
            standard_number,
            quality,
            failed_conditions,
            row_number() over (
                partition by account_id, family, schedule_type, run_from, touch_clock
                order by started_at, activity_id
            ) as place
        from {{ ref("int_rolling_touch") }}
        where quality <> 'below_standard' and touch_clock > run_from_clock
    ),

    starts as (
        select runs.*, {{ clock_of("clock", "runs.run_from") }} as run_from_clock
        from runs {{ joined_clock("clock", "runs", "runs.run_from") }}
    ),

    anchors as (
        select
            account_id,
            family,
            schedule_type,
            run_from,
            anchor_clock,
            anchor_on,
            activity_id,
            standard_number,
            quality,
            failed_conditions
        from touches
        where place = 1
        union all
        select
            account_id,
            family,
            schedule_type,
            run_from,
            run_from_clock as anchor_clock,
            run_from as anchor_on,
            null as activity_id,
            null as standard_number,
            null as quality,
            null as failed_conditions
        from starts
    ),

    followed as (
        select
            account_id,
            family,
            schedule_type,
            run_from,
            anchor_clock,
            anchor_on,
            lead(anchor_clock) over following as touch_clock,
            lead(anchor_on) over following as touched_on,
            lead(activity_id) over following as activity_id,
            lead(standard_number) over following as judged_by,
            lead(quality) over following as quality,
            lead(failed_conditions) over following as failed_conditions
        from anchors
        window
            following as (
                partition by account_id, family, schedule_type, run_from order by anchor_clock
            )
    ),

    final as (
        select
            followed.*,
            runs.run_to,
            runs.run_end_reason,
            coalesce(followed.touched_on >= runs.run_to, false) as is_touch_after_run,
            row_number() over (
                order by
                    followed.account_id, followed.family, followed.schedule_type, followed.anchor_on
            ) as segment_number
        from followed
        inner join
            runs
            on followed.account_id = runs.account_id
            and followed.family = runs.family
            and followed.schedule_type = runs.schedule_type
            and followed.run_from = runs.run_from
        where coalesce(followed.anchor_on < runs.run_to, true)
    )

select *
from final
