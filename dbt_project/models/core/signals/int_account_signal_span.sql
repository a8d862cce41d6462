-- What is known about an account beside its records, by signal and days: the place where conditions
-- look. What counts on day by day (step 1 or -1) needs no row a day. A signal that follows from
-- records is not fresh while nothing newer of the kind came in for long; one that nobody names is
-- left out.
{{ config(schema="core") }}
with
    context as (
        select as_of, {{ add_days("as_of", 1) }} as day_after, time_zone
        from {{ source("meta", "context") }}
    ),

    settings as (
        select models.*
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    active as (
        select
            active.account_id,
            active.active_from,
            least(coalesce(active.active_to, context.day_after), context.day_after) as active_to
        from {{ ref("int_account_active") }} as active
        cross join context
    ),

    named as (select distinct signal from {{ ref("int_predicate_term") }}),

    spans as (
        select
            account_id,
            signal,
            day,
            next_day,
            value,
            number,
            step,
            cast(null as date) as known_from,
            0 as known_after_d,
            true as is_fresh
        from {{ ref("int_signal_of_account") }}
        union all
        select
            account_id,
            signal,
            day,
            next_day,
            value,
            number,
            step,
            known_from,
            known_after_d,
            true as is_fresh
        from {{ ref("int_signal_of_contact") }}
        union all
        select
            account_id,
            signal,
            day,
            next_day,
            value,
            number,
            0 as step,
            cast(null as date) as known_from,
            0 as known_after_d,
            is_fresh
        from {{ ref("int_signal_of_usage") }}
    ),

    placed as (
        select
            spans.*,
            greatest(
                spans.day,
                {{
                    add_days(
                        "greatest(active.active_from, coalesce(spans.known_from, active.active_from))",
                        "spans.known_after_d",
                    )
                }}
            ) as known_day,
            least(spans.next_day, active.active_to) as known_to
        from spans
        inner join named on spans.signal = named.signal
        inner join
            active
            on spans.account_id = active.account_id
            and spans.day < active.active_to
            and spans.next_day > active.active_from
    ),

    in_force as (
        select
            account_id,
            signal,
            known_day as day,
            known_to as next_day,
            value,
            number + step * {{ days_between("day", "known_day") }} as number,
            step,
            is_fresh
        from placed
        where known_day < known_to
    ),

    facts as (
        select distinct 'activities' as input, started_on as day
        from {{ ref("fct_activity") }}
        union all
        select distinct
            'tickets' as input, {{ local_date("tickets.opened_at", "context.time_zone") }} as day
        from {{ ref("tickets") }} as tickets
        cross join context
    ),

    followed as (
        select input, day, lead(day) over (partition by input order by day) as next_day from facts
    ),

    gaps as (
        select
            followed.input,
            {{
                add_days(
                    "followed.day",
                    "case followed.input when 'tickets' then settings.ticket_max_age_d"
                    ~ " else settings.activity_max_age_d end + 1",
                )
            }} as stale_from,
            coalesce(followed.next_day, context.day_after) as stale_to
        from followed
        cross join settings
        cross join context
    ),

    -- Usage that goes up, or down, for most accounts at once is counted anew.
    moves as (
        select
            day,
            1 as known,
            case when number <= - settings.recount_change then 1 else 0 end as down,
            case when number >= settings.recount_change then 1 else 0 end as up
        from in_force
        cross join settings
        where signal = 'usage_change_28d'
        union all
        select
            next_day as day,
            -1 as known,
            case when number <= - settings.recount_change then -1 else 0 end as down,
            case when number >= settings.recount_change then -1 else 0 end as up
        from in_force
        cross join settings
        where signal = 'usage_change_28d'
    ),

    moved as (
        select
            day,
            lead(day) over (order by day) as next_day,
            sum(known) over (order by day) as known,
            greatest(sum(down) over (order by day), sum(up) over (order by day)) as moved
        from
            (
                select day, sum(known) as known, sum(down) as down, sum(up) as up
                from moves
                group by day
            ) as daily
    ),

    stale as (
        select signals.signal, gaps.stale_from, gaps.stale_to
        from gaps
        inner join
            (
                {% for signal, input in inputs_of_signals().items() -%}
                    select
                        '{{ signal }}' as signal,
                        '{{ input }}' as input
                        {{- " union all" if not loop.last }}
                {% endfor -%}
            ) as signals
            on gaps.input = signals.input
        where gaps.stale_from < gaps.stale_to
        union all
        select 'usage_change_28d', moved.day, moved.next_day
        from moved
        cross join settings
        where
            moved.known >= settings.recount_accounts
            and moved.moved >= settings.recount_share * moved.known
    ),

    -- Few spans are touched by a time that is stale; all others stay as they are.
    touched as (
        select *
        from in_force
        where
            exists (
                select 1
                from stale
                where
                    in_force.signal = stale.signal
                    and in_force.day < stale.stale_to
                    and in_force.next_day > stale.stale_from
            )
    ),

    untouched as (
        select *
        from in_force
        where
            not exists (
                select 1
                from stale
                where
                    in_force.signal = stale.signal
                    and in_force.day < stale.stale_to
                    and in_force.next_day > stale.stale_from
            )
    ),

    touches as (
        select
            touched.account_id,
            touched.signal,
            touched.day as first_day,
            stale.stale_from,
            stale.stale_to
        from touched
        inner join
            stale
            on touched.signal = stale.signal
            and touched.day < stale.stale_to
            and touched.next_day > stale.stale_from
    ),

    cuts as (
        select
            account_id, signal, first_day, greatest(first_day, stale_from) as day, true as is_stale
        from touches
        union all
        select account_id, signal, first_day, stale_to as day, false as is_stale
        from touches
        union all
        select account_id, signal, first_day, first_day as day, false as is_stale
        from touches
    ),

    -- A stretch that begins on the day on which another ends goes on.
    cut_days as (
        select account_id, signal, first_day, day, bool_or(is_stale) as is_stale
        from cuts
        group by account_id, signal, first_day, day
    ),

    pieces as (
        select
            *, lead(day) over (partition by account_id, signal, first_day order by day) as next_day
        from cut_days
    ),

    final as (
        select account_id, signal, day, next_day, value, number, step, is_fresh
        from untouched
        union all
        select
            touched.account_id,
            touched.signal,
            pieces.day,
            least(coalesce(pieces.next_day, touched.next_day), touched.next_day) as next_day,
            touched.value,
            touched.number
            + touched.step * {{ days_between("touched.day", "pieces.day") }} as number,
            touched.step,
            touched.is_fresh and not pieces.is_stale as is_fresh
        from touched
        inner join
            pieces
            on touched.account_id = pieces.account_id
            and touched.signal = pieces.signal
            and touched.day = pieces.first_day
        where pieces.day < touched.next_day
    )

select *
from final
