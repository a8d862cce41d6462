-- The standards of a segment, one after the other. A change of standard on day e replaces the cycle
-- in which e falls by one that is due at the earlier of its due date and e plus the new interval.
-- `first_cycle` and `first_due_clock` are the first cycle of a piece; `replaced_due_clock` is when
-- that cycle had been due.
{{ config(schema="core") }}
with recursive
    segments as (
        select segment_number, account_id, family, schedule_type, run_from, anchor_clock, touched_on
        from {{ ref("int_rolling_segment") }}
    ),

    spells as (
        select
            spells.account_id,
            spells.family,
            spells.schedule_type,
            spells.run_from,
            spells.standard_number,
            spells.owed_from,
            standards.interval_d,
            {{ clock_of("clock", "spells.owed_from") }} as owed_from_clock
        from {{ ref("int_obligation_spell") }} as spells
        inner join
            {{ ref("int_obligation_standard") }} as standards
            on spells.standard_number = standards.standard_number
            {{ joined_clock("clock", "spells", "spells.owed_from") }}
        where spells.schedule_type in {{ schedules_with_clock() }}
    ),

    -- The spell in which a segment begins, and those that begin within it.
    concerned as (
        select
            segments.segment_number,
            segments.anchor_clock,
            spells.standard_number,
            spells.owed_from,
            spells.interval_d,
            spells.owed_from_clock,
            row_number() over (
                partition by segments.segment_number, spells.owed_from_clock > segments.anchor_clock
                order by spells.owed_from
            ) as place,
            count(*) over (
                partition by segments.segment_number, spells.owed_from_clock > segments.anchor_clock
            ) as places,
            spells.owed_from_clock > segments.anchor_clock as begins_within
        from segments
        inner join
            spells
            on segments.account_id = spells.account_id
            and segments.family = spells.family
            and segments.schedule_type = spells.schedule_type
            and segments.run_from = spells.run_from
        where
            spells.owed_from_clock <= segments.anchor_clock
            or coalesce(spells.owed_from < segments.touched_on, true)
    ),

    changes as (
        select
            segment_number,
            cast(place as integer) as piece_number,
            standard_number,
            owed_from,
            owed_from_clock,
            interval_d
        from concerned
        where begins_within
    ),

    pieces as (
        select
            segment_number,
            0 as piece_number,
            standard_number,
            interval_d,
            cast(null as date) as changed_on,
            cast(1 as bigint) as first_cycle,
            {{ add_days("anchor_clock", "interval_d") }} as first_due_clock,
            cast(null as date) as replaced_due_clock,
            cast(null as integer) as replaced_standard_number
        from concerned
        where not begins_within and place = places
        union all
        select
            changes.segment_number,
            changes.piece_number,
            changes.standard_number,
            changes.interval_d,
            changes.owed_from as changed_on,
            {{ cycle_reached("pieces", "changes.owed_from_clock") }} as first_cycle,
            least(
                {{ due_reached("pieces", "changes.owed_from_clock") }},
                {{ add_days("changes.owed_from_clock", "changes.interval_d") }}
            ) as first_due_clock,
            {{ due_reached("pieces", "changes.owed_from_clock") }} as replaced_due_clock,
            pieces.standard_number as replaced_standard_number
        from pieces
        inner join
            changes
            on pieces.segment_number = changes.segment_number
            and pieces.piece_number + 1 = changes.piece_number
    ),

    final as (
        select
            *,
            lead(first_cycle) over (
                partition by segment_number order by piece_number
            ) as next_first_cycle
        from pieces
    )

select *
from final
