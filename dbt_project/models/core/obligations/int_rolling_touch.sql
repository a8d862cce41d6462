-- Touches of rolling schedules, judged by the standard in force on their day (after the last day of
-- a run, by its last standard), on the rolling clock.
{{ config(schema="core") }}
with
    spells as (
        select *
        from {{ ref("int_obligation_spell") }}
        where schedule_type in {{ schedules_with_clock() }}
    ),

    touches as (select * from {{ ref("int_obligation_touch") }}),

    judged as (
        select
            spells.account_id,
            spells.family,
            spells.schedule_type,
            spells.run_from,
            spells.run_to,
            spells.standard_number,
            touches.activity_id,
            touches.touched_on,
            touches.started_at,
            touches.quality,
            touches.failed_conditions
        from touches
        inner join
            spells
            on touches.account_id = spells.account_id
            and touches.standard_number = spells.standard_number
            and touches.touched_on >= spells.owed_from
            -- A touch on the first day of the next run still settles what is past due in this one.
            and (
                spells.next_owed_from is null
                or touches.touched_on < spells.next_owed_from
                or (
                    touches.touched_on = spells.next_owed_from
                    and coalesce(spells.owed_to = spells.run_to, false)
                )
            )
    ),

    final as (
        select
            judged.*,
            {{ clock_of("clock", "judged.touched_on") }} as touch_clock,
            {{ clock_of("run_clock", "judged.run_from") }} as run_from_clock
        from
            judged
            {{ joined_clock("clock", "judged", "judged.touched_on") }}
            {{ joined_clock("run_clock", "judged", "judged.run_from") }}
    )

select *
from final
