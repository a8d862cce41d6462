-- The cycles of rolling schedules: those that the next touch settles or leaves behind, those that
-- nothing has settled yet, and those that a change of standard replaced.
{{ config(schema="core") }}
{%- set touch_or_end %}
    case
        when touch_clock is not null and not is_touch_after_run
        then touch_clock
        else coalesce(run_to_clock, as_of_clock)
    end
{%- endset %}
with
    context as (select as_of from {{ source("meta", "context") }}),

    calendars as (select account_id, calendar from {{ ref("int_account_calendar") }}),

    grace as (select standard_number, grace_bd from {{ ref("int_obligation_standard") }}),

    segments as (
        select
            segments.*,
            context.as_of,
            case
                when segments.run_to is not null then {{ clock_of("end_clock", "segments.run_to") }}
            end as run_to_clock,
            {{ clock_of("today", "context.as_of") }} as as_of_clock
        from {{ ref("int_rolling_segment") }} as segments
        cross join
            context
            {{ joined_clock("end_clock", "segments", "segments.run_to") }}
            {{ joined_clock("today", "segments", "context.as_of") }}
    ),

    pieces as (select * from {{ ref("int_rolling_piece") }}),

    last_pieces as (select * from pieces where next_first_cycle is null),

    -- The first cycle that is not due before the touch, else the end of the run, else as_of.
    reached as (
        select
            segments.*,
            {{ cycle_reached("last_pieces", touch_or_end) }} as reached_cycle,
            {{ due_reached("last_pieces", touch_or_end) }} as reached_due_clock
        from segments
        inner join last_pieces on segments.segment_number = last_pieces.segment_number
    ),

    settled as (
        select
            *,
            case
                when touch_clock is null
                then null
                when not is_touch_after_run
                then greatest(reached_cycle - 1, 1)
                when touch_clock <= reached_due_clock and reached_cycle > 1
                then reached_cycle - 1
            end as settled_cycle
        from reached
    ),

    standing as (
        select
            settled.segment_number,
            {{
                rows_of(
                    numbers_between(
                        "pieces.first_cycle",
                        "least(coalesce(settled.settled_cycle, settled.reached_cycle),"
                        " coalesce(pieces.next_first_cycle - 1, settled.reached_cycle))",
                    )
                )
            }} as cycle_number,
            pieces.piece_number,
            pieces.standard_number,
            pieces.interval_d,
            pieces.first_cycle,
            pieces.first_due_clock,
            pieces.changed_on
        from settled
        inner join pieces on settled.segment_number = pieces.segment_number
    ),

    clocked as (
        select
            segment_number,
            cycle_number,
            standard_number,
            {{ add_days("first_due_clock", "(cycle_number - first_cycle) * interval_d") }}
            as due_clock,
            -- Where a change of standard replaced the cycle, its standard is that of the change.
            case when cycle_number = first_cycle then changed_on end as taken_over_on,
            cast(null as date) as replaced_on
        from standing
        union all
        select
            replacing.segment_number,
            replacing.first_cycle as cycle_number,
            replaced.standard_number,
            replacing.replaced_due_clock as due_clock,
            case
                when replaced.first_cycle = replacing.first_cycle then replaced.changed_on
            end as taken_over_on,
            replacing.changed_on as replaced_on
        from pieces as replacing
        inner join
            pieces as replaced
            on replacing.segment_number = replaced.segment_number
            and replacing.piece_number = replaced.piece_number + 1
    ),

    due as (
        select
            clocked.*,
            settled.account_id,
            settled.family,
            {{ calendar_of("calendar", "clocked.due_clock") }} as due_on
        from clocked
        inner join
            settled on clocked.segment_number = settled.segment_number
            {{ joined_calendar("calendar", "settled", "clocked.due_clock") }}
    ),

    closing as (
        select
            due.*, {{ business_day_after("closing", "due.due_on", "grace.grace_bd") }} as closes_on
        from due
        inner join grace on due.standard_number = grace.standard_number
        left join
            calendars on due.account_id = calendars.account_id
            {{
                joined_business_day(
                    "closing", "calendars.calendar", "due.due_on", "grace.grace_bd"
                )
            }}
    ),

    following as (
        select
            *,
            lag(due_on) over in_turn as due_before_on,
            -- Of the last to close: another standard may have another grace.
            max(closes_on) over (
                partition by segment_number
                order by cycle_number
                rows between unbounded preceding and 1 preceding
            ) as closed_before_on
        from closing
        where replaced_on is null
        window in_turn as (partition by segment_number order by cycle_number)
    ),

    -- While nothing settles them, a cycle is there only when all before have closed.
    existing as (
        select following.*, coalesce(following.due_before_on, settled.anchor_on) as window_open_on
        from following
        inner join settled on following.segment_number = settled.segment_number
        where
            settled.settled_cycle is not null
            or coalesce(following.closed_before_on < settled.as_of, true)
    ),

    united as (
        select
            segment_number,
            cycle_number,
            standard_number,
            window_open_on,
            taken_over_on,
            replaced_on,
            due_clock,
            due_on,
            closes_on
        from existing
        union all
        select
            closing.segment_number,
            closing.cycle_number,
            closing.standard_number,
            existing.window_open_on,
            closing.taken_over_on,
            closing.replaced_on,
            closing.due_clock,
            closing.due_on,
            closing.closes_on
        from closing
        inner join
            existing
            on closing.segment_number = existing.segment_number
            and closing.cycle_number = existing.cycle_number
        where closing.replaced_on is not null
    ),

    taken as (
        select
            united.*,
            settled.account_id,
            settled.family,
            greatest(
                united.window_open_on, coalesce(united.taken_over_on, united.window_open_on)
            ) as opened_on
        from united
        inner join settled on united.segment_number = settled.segment_number
    ),

    -- As promised when it opened, pauses that began later left out. Who takes a cycle over takes
    -- the promise over.
    promised as (
        select
            taken.*,
            min(
                {{
                    add_days(
                        "taken.due_clock",
                        "coalesce("
                        ~ days_between(
                            "promise.clock_from",
                            "case when promise.is_paused then promise.calendar_to"
                            " else promise.calendar_from end",
                        )
                        ~ ", 0)",
                    )
                }}
            ) over (
                partition by taken.segment_number, taken.cycle_number
                order by taken.replaced_on nulls last
                rows between unbounded preceding and current row
            ) as original_due_on
        from taken {{ joined_clock("promise", "taken", "taken.opened_on") }}
    ),

    final as (
        select
            promised.segment_number,
            promised.cycle_number,
            settled.account_id,
            settled.family,
            settled.schedule_type,
            settled.run_from,
            promised.standard_number,
            promised.opened_on,
            promised.window_open_on,
            promised.due_on,
            promised.original_due_on,
            promised.closes_on,
            case
                when promised.replaced_on is not null
                then promised.replaced_on
                when settled.settled_cycle is null and promised.cycle_number = settled.reached_cycle
                then settled.run_to
            end as ended_on,
            case
                when promised.replaced_on is not null
                then 'superseded'
                when settled.settled_cycle is null and promised.cycle_number = settled.reached_cycle
                then settled.run_end_reason
            end as end_reason,
            settled.touched_on as next_touch_on,
            promised.replaced_on is null
            and coalesce(promised.cycle_number = settled.settled_cycle, false) as is_settled,
            settled.activity_id as next_activity_id,
            settled.judged_by as next_judged_by,
            settled.quality as next_quality,
            settled.failed_conditions as next_failed_conditions,
            promised.replaced_on is null
            and coalesce(
                promised.cycle_number < settled.settled_cycle,
                promised.closes_on < settled.as_of
                and not (
                    settled.run_to is not null and promised.cycle_number = settled.reached_cycle
                )
            ) as is_missed
        from promised
        inner join settled on promised.segment_number = settled.segment_number
    )

select *
from final
