-- Which activities are the same meeting or call, recorded more than once. Two records are the
-- same when they start within 15 minutes of each other and share the account and a calendar
-- entry; or are both a meeting or call with the same outcome, and share the account and an
-- external attendee. What is the same as the same is the same. Only activities with a
-- duplicate are listed.
{{ config(schema="core") }}
with recursive
    activities as (
        select
            activity_id,
            account_id,
            calendar_uid,
            started_at,
            contact_emails,
            -- A missed call and the call that came about five minutes later are two events.
            case
                when status in ('no_show', 'bounced', 'unanswered')
                then 'not_reached'
                when status = 'cancelled'
                then 'cancelled'
                else 'met'
            end as outcome,
            coalesce(
                channel, case when type not in ({{ unspoken_activity_types() }}) then 'meeting' end
            )
            in ('meeting', 'call') as is_conversation
        from {{ ref("int_activity") }}
    ),

    by_calendar as (
        select
            activity_id, started_at, concat_ws(chr(31), 'uid', calendar_uid, account_id) as shared
        from activities
        where calendar_uid is not null
    ),

    by_attendee as (
        select
            activity_id,
            started_at,
            account_id,
            outcome,
            {{ rows_of("contact_emails") }} as attendee
        from activities
        where is_conversation and account_id is not null
    ),

    candidates as (
        select activity_id, started_at, shared
        from by_calendar
        union all
        select
            activity_id,
            started_at,
            concat_ws(chr(31), 'attendee', attendee, outcome, account_id) as shared
        from by_attendee
    ),

    -- Numbers sort faster than texts: one for each thing that several activities share, and one for
    -- each of these activities, as they began.
    lines as (
        select shared, row_number() over (order by first_activity_id) as line
        from
            (
                select shared, min(activity_id) as first_activity_id
                from candidates
                group by shared
                having count(*) > 1
            ) as shared_by_several
    ),

    lined_up as (
        select candidates.activity_id, candidates.started_at, lines.line
        from candidates
        inner join lines on candidates.shared = lines.shared
    ),

    numbers as (
        select activity_id, row_number() over (order by started_at, activity_id) as activity_number
        from (select distinct activity_id, started_at from lined_up) as lined_up_once
    ),

    -- On a line of time, whoever is within 15 minutes of anyone is within 15 minutes of a
    -- neighbour: looking at neighbours alone finds the same groups as comparing all pairs.
    neighbours as (
        select
            numbers.activity_number,
            lined_up.line,
            coalesce(
                {{
                    minutes_between(
                        "lag(lined_up.started_at) over line_of_time", "lined_up.started_at"
                    )
                }} <= 15, false
            ) as follows_one,
            coalesce(
                {{
                    minutes_between(
                        "lined_up.started_at", "lead(lined_up.started_at) over line_of_time"
                    )
                }} <= 15, false
            ) as precedes_one
        from lined_up
        inner join numbers on lined_up.activity_id = numbers.activity_id
        window line_of_time as (partition by lined_up.line order by numbers.activity_number)
    ),

    -- A run goes by its first activity: those that begin with the same one belong together anyway.
    runs as (
        select
            activity_number,
            last_value(case when not follows_one then activity_number end ignore nulls) over (
                partition by line
                order by activity_number
                rows between unbounded preceding and current row
            ) as run_id
        from neighbours
        where follows_one or precedes_one
    ),

    shared_runs as (select distinct activity_number, run_id from runs),

    -- Runs that share an activity belong together.
    links as (
        select
            run_id, lag(run_id) over (partition by activity_number order by run_id) as linked_run_id
        from shared_runs
    ),

    links_both_ways as (
        select run_id, linked_run_id
        from links
        where linked_run_id is not null
        union
        select linked_run_id as run_id, run_id as linked_run_id
        from links
        where linked_run_id is not null
    ),

    reached as (
        select distinct run_id, run_id as reached_run_id
        from links_both_ways
        union
        select reached.run_id, links_both_ways.linked_run_id as reached_run_id
        from reached
        inner join links_both_ways on reached.reached_run_id = links_both_ways.run_id
    ),

    groups as (select run_id, min(reached_run_id) as group_run_id from reached group by run_id),

    members as (
        select distinct
            shared_runs.activity_number,
            coalesce(groups.group_run_id, shared_runs.run_id) as group_run_id
        from shared_runs
        left join groups on shared_runs.run_id = groups.run_id
    ),

    named as (
        select numbers.activity_id, members.group_run_id
        from members
        inner join numbers on members.activity_number = numbers.activity_number
    ),

    smallest as (
        select group_run_id, min(activity_id) as duplicate_group from named group by group_run_id
    ),

    final as (
        select named.activity_id, smallest.duplicate_group
        from named
        inner join smallest on named.group_run_id = smallest.group_run_id
    )

select *
from final
