-- Days on which something is more than chance explains: the count of the window that ends on the
-- day, what is usual, and how likely so many would be (Poisson). A complaint in public is one where
-- the same account also has trouble with the product.
{{ config(schema="core") }}
{% set terms_added = 200 %}
with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    settings as (select * from {{ ref("cfg_crisis") }}),

    events as (select * from {{ ref("int_crisis_event") }}),

    daily as (
        select alert_type, scope, day, max(recorded_from) as recorded_from, count(*) as events
        from events
        where alert_type <> 'public_complaint'
        group by alert_type, scope, day
    ),

    -- A window's count rises on the day of an event alone, but what is usual moves with the days.
    touched as (
        select distinct
            daily.alert_type,
            daily.scope,
            daily.recorded_from,
            cast(
                {{
                    rows_of(
                        days_between_dates(
                            "daily.day", add_days("daily.day", "settings.window_d - 1")
                        )
                    )
                }} as date
            ) as day
        from daily
        inner join
            settings
            on daily.alert_type = settings.alert_type
            and {{ holds_on("settings", "holds_from", "holds_to", "daily.day") }}
    ),

    judged as (
        select
            touched.alert_type,
            touched.scope,
            touched.day,
            -- Among many parts, chance finds one in which much happens.
            settings.watch_p
            / case touched.scope when 'ALL' then 1 else settings.parts_factor end as watch_p,
            settings.crisis_p
            / case touched.scope when 'ALL' then 1 else settings.parts_factor end as crisis_p,
            settings.arr_share,
            settings.top_n_accounts,
            settings.least_events,
            settings.least_ratio,
            settings.window_d,
            {{ add_days("touched.day", "-settings.window_d") }} as window_after,
            least(
                settings.baseline_weeks,
                greatest(
                    floor(
                        (
                            {{ days_between("touched.recorded_from", "touched.day") }}
                            - settings.window_d
                        )
                        / 7.0
                    ),
                    0
                )
            ) as weeks
        from touched
        cross join context
        inner join
            settings
            on touched.alert_type = settings.alert_type
            and {{ holds_on("settings", "holds_from", "holds_to", "touched.day") }}
        where touched.day <= context.as_of
    ),

    points as (
        select alert_type, scope, day, 0 as events
        from judged
        union all
        select alert_type, scope, window_after as day, 0 as events
        from judged
        union all
        select alert_type, scope, {{ add_days("window_after", "-weeks * 7") }} as day, 0 as events
        from judged
        union all
        select alert_type, scope, day, events
        from daily
    ),

    totals as (
        select distinct
            alert_type,
            scope,
            day,
            sum(events) over (
                partition by alert_type, scope order by day range unbounded preceding
            ) as events
        from points
    ),

    counted as (
        select
            judged.*,
            until_then.events - before.events as events,
            greatest(
                coalesce(round((before.events - earlier.events) / nullif(judged.weeks, 0), 6), 0),
                0.1
            ) as baseline_rate
        from judged
        inner join
            totals as until_then
            on judged.alert_type = until_then.alert_type
            and judged.scope = until_then.scope
            and judged.day = until_then.day
        inner join
            totals as before
            on judged.alert_type = before.alert_type
            and judged.scope = before.scope
            and judged.window_after = before.day
        inner join
            totals as earlier
            on judged.alert_type = earlier.alert_type
            and judged.scope = earlier.scope
            and {{ add_days("judged.window_after", "-judged.weeks * 7") }} = earlier.day
        where judged.weeks >= 13 or judged.alert_type = 'negative_review_burst'
    ),

    many as (
        select *
        from counted
        where
            events >= least_events
            and events > baseline_rate
            and events >= least_ratio * baseline_rate
    ),

    numbers as (
        select {{ rows_of(numbers_between(1, "max(events) + " ~ terms_added)) }} as number from many
    ),

    factorials as (
        select
            number,
            sum(ln(cast(number as double))) over (
                order by number rows between unbounded preceding and current row
            ) as log_factorial
        from numbers
    ),

    chances as (
        select
            pairs.events,
            pairs.baseline_rate,
            round(
                {{
                    exact_sum(
                        "exp(factorials.number * ln(pairs.baseline_rate) - pairs.baseline_rate"
                        ~ " - factorials.log_factorial)",
                        places=18,
                    )
                }},
                12
            ) as p_value
        from (select distinct events, baseline_rate from many) as pairs
        inner join
            factorials
            on factorials.number >= pairs.events
            and factorials.number <= pairs.events + {{ terms_added }}
        group by pairs.events, pairs.baseline_rate
    ),

    months as (
        select
            account_id,
            {{ months_later("month_start", 1) }} as month_start,
            arr,
            sum(cast(arr as decimal(28, 6))) over (partition by month_start) as total_arr,
            row_number() over (
                partition by month_start order by arr desc nulls last, account_id
            ) as place
        from {{ ref("fct_arr_month") }}
        where arr > 0
    ),

    large_losses as (
        select
            many.day,
            {{ exact_sum("events.arr") }}
            > max(many.arr_share) * cast(max(months.total_arr) as double) as is_much,
            count(distinct case when months.place <= many.top_n_accounts then events.account_id end)
            >= 2 as is_of_largest
        from many
        inner join
            events
            on many.alert_type = events.alert_type
            and many.scope = events.scope
            and events.day > many.window_after
            and events.day <= many.day
        left join
            months
            on events.account_id = months.account_id
            and cast(date_trunc('month', many.day) as date) = months.month_start
        where many.alert_type = 'churn_cluster' and many.scope = 'ALL'
        group by many.day
    ),

    clusters as (
        select
            many.alert_type,
            many.scope,
            many.day,
            many.window_after,
            many.baseline_rate,
            chances.p_value,
            case
                when
                    chances.p_value < many.crisis_p
                    or coalesce(large_losses.is_much, false)
                    or coalesce(large_losses.is_of_largest, false)
                then 'crisis'
                when chances.p_value < many.watch_p
                then 'watch'
            end as level
        from many
        inner join
            chances on many.events = chances.events and many.baseline_rate = chances.baseline_rate
        left join
            large_losses
            on many.day = large_losses.day
            and many.alert_type = 'churn_cluster'
            and many.scope = 'ALL'
    ),

    tickets as (
        select
            tickets.account_id,
            {{ local_date("tickets.opened_at", "coalesce(accounts.time_zone, context.time_zone)") }}
            as opened_on,
            {{ local_date("tickets.solved_at", "coalesce(accounts.time_zone, context.time_zone)") }}
            as solved_on,
            tickets.priority in ('P1', 'P2') as is_urgent
        from {{ ref("tickets") }} as tickets
        cross join context
        left join {{ ref("accounts") }} as accounts on tickets.account_id = accounts.account_id
    ),

    complaints as (
        select
            alert_type,
            scope,
            account_id,
            day,
            count(*) as mentions,
            sum(count(*)) over (
                partition by account_id
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 6 preceding and current row
            ) as mentions_7d
        from events
        where alert_type = 'public_complaint'
        group by alert_type, scope, account_id, day
    ),

    troubled as (
        select
            complaints.alert_type,
            complaints.scope,
            complaints.day,
            {{ add_days("complaints.day", -1) }} as window_after,
            cast(null as double) as baseline_rate,
            cast(null as double) as p_value,
            case when max(complaints.mentions_7d) >= 2 then 'crisis' else 'watch' end as level
        from complaints
        inner join
            tickets
            on complaints.account_id = tickets.account_id
            and tickets.opened_on <= complaints.day
        group by complaints.alert_type, complaints.scope, complaints.day
        having
            bool_or(tickets.is_urgent and coalesce(tickets.solved_on >= complaints.day, true))
            or count(case when tickets.opened_on > {{ add_days("complaints.day", -7) }} then 1 end)
            >= 3
    ),

    final as (
        select *
        from clusters
        where level is not null
        union all
        select *
        from troubled
    )

select *
from final
order by alert_type, scope, day
