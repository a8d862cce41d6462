-- From which day to which the rolling clock of an account and family stands still, and where it
-- runs behind the calendar after that. Before the first pause it shows the calendar's day.
{{ config(schema="core") }}
with
    pauses as (
        select
            *,
            {{ days_between("paused_from", "paused_to") }} as days_paused,
            lead(paused_from) over (
                partition by account_id, family order by paused_from
            ) as next_paused_from
        from {{ ref("int_pause") }}
    ),

    behind as (
        select
            *,
            sum(days_paused) over (
                partition by account_id, family
                order by paused_from
                rows between unbounded preceding and current row
            )
            - days_paused as days_behind
        from pauses
    ),

    stopped as (select *, {{ add_days("paused_from", "-days_behind") }} as stopped_at from behind),

    final as (
        select
            account_id,
            family,
            true as is_paused,
            paused_from as calendar_from,
            paused_to as calendar_to,
            stopped_at as clock_from,
            stopped_at as clock_to
        from stopped
        union all
        select
            account_id,
            family,
            false as is_paused,
            paused_to as calendar_from,
            coalesce(next_paused_from, date '9999-12-31') as calendar_to,
            stopped_at as clock_from,
            coalesce(
                {{ add_days("stopped_at", days_between("paused_to", "next_paused_from")) }},
                date '9999-12-31'
            ) as clock_to
        from stopped
    )

select *
from final
order by account_id, family, calendar_from
