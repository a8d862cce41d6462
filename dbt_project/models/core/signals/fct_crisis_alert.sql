-- Alerts: days of one type and scope that follow each other closely make one. Each has its plan and
-- owner, and closes by itself when things stay quiet.
with
    context as (select as_of, time_zone, config_version from {{ source("meta", "context") }}),

    settings as (select * from {{ ref("cfg_crisis") }}),

    bands as (select holds_from, holds_to, yellow_from from {{ ref("cfg_model") }}),

    days as (
        select crisis_days.*, settings.quiet_d
        from {{ ref("int_crisis_day") }} as crisis_days
        inner join
            settings
            on crisis_days.alert_type = settings.alert_type
            and {{ holds_on("settings", "holds_from", "holds_to", "crisis_days.day") }}
    ),

    followed as (
        select
            *,
            lag({{ add_days("day", "quiet_d") }}) over (
                partition by alert_type, scope order by day
            ) as quiet_until
        from days
    ),

    numbered as (
        select
            *,
            count(case when quiet_until >= day then null else 1 end) over (
                partition by alert_type, scope
                order by day
                rows between unbounded preceding and current row
            ) as alert_number
        from followed
    ),

    placed as (
        select
            *,
            row_number() over (
                partition by alert_type, scope, alert_number order by p_value, day
            ) as place
        from numbered
    ),

    alerts as (
        select
            {{ fingerprint(["alert_type", "scope", "min(day)"]) }} as alert_id,
            alert_type,
            scope,
            min(day) as first_on,
            max(day) as last_on,
            min(window_after) as events_after,
            {{ add_days("max(day)", "max(quiet_d)") }} as closes_on,
            min(p_value) as p_value,
            max(case when place = 1 then baseline_rate end) as baseline_rate,
            case when bool_or(level = 'crisis') then 'crisis' else 'watch' end as level
        from placed
        group by alert_type, scope, alert_number
    ),

    events as (
        select
            alerts.alert_id,
            events.event_key,
            events.account_id,
            events.day,
            case when alerts.alert_type = 'churn_cluster' then events.arr end as arr
        from alerts
        inner join
            {{ ref("int_crisis_event") }} as events
            on alerts.alert_type = events.alert_type
            and alerts.scope = events.scope
            and events.day > alerts.events_after
            and events.day <= alerts.last_on
    ),

    -- How the customer seemed to be a month before.
    churns as (
        select distinct account_id, day
        from {{ ref("int_crisis_event") }}
        where alert_type = 'churn_cluster' and scope = 'ALL'
    ),

    seemed as (
        select
            churns.account_id,
            churns.day,
            max_by(health.final_score, health.day) as score,
            max_by(health.holds_from, health.day) as holds_from
        from churns
        inner join
            {{ ref("int_health_day") }} as health
            on churns.account_id = health.account_id
            and health.day >= {{ add_days("churns.day", -37) }}
            and health.day <= {{ add_days("churns.day", -30) }}
        where health.is_model_of_day
        group by churns.account_id, churns.day
    ),

    unexpected as (
        select seemed.account_id, seemed.day
        from seemed
        inner join bands on seemed.holds_from = bands.holds_from
        where seemed.score >= bands.yellow_from
    ),

    counted as (
        select
            events.alert_id,
            count(*) as events,
            count(unexpected.account_id) as unexpected_events,
            {{ exact_sum("events.arr") }} as arr_lost,
            coalesce({{ union_of_lists("[events.account_id]") }}, []) as accounts,
            {{ smallest("events.event_key", 5) }} as sample
        from events
        left join
            unexpected on events.account_id = unexpected.account_id and events.day = unexpected.day
        group by events.alert_id
    ),

    acknowledged as (
        select alerts.alert_id, min(activities.started_at) as ack_at
        from alerts
        cross join context
        inner join
            settings
            on alerts.alert_type = settings.alert_type
            and {{ holds_on("settings", "holds_from", "holds_to", "alerts.first_on") }}
        inner join
            {{ ref("fct_activity") }} as activities
            on settings.plan_id = activities.playbook_id
            and activities.started_on >= alerts.first_on
            and activities.started_on <= least(alerts.closes_on, context.as_of)
        where activities.status = 'completed'
        group by alerts.alert_id
    ),

    final as (
        select
            alerts.alert_id,
            alerts.alert_type,
            alerts.scope,
            alerts.first_on,
            alerts.last_on,
            alerts.closes_on > context.as_of as is_open,
            case when alerts.closes_on <= context.as_of then alerts.closes_on end as closed_on,
            cast(counted.events as integer) as events,
            alerts.baseline_rate,
            alerts.p_value,
            alerts.level,
            case
                when alerts.alert_type = 'churn_cluster'
                then cast(counted.unexpected_events as integer)
            end as unexpected_events,
            counted.arr_lost,
            {{ list_without("counted.accounts", "[cast(null as varchar)]") }} as accounts,
            settings.plan_id,
            settings.owner,
            settings.script,
            settings.is_manual_step_required,
            acknowledged.ack_at,
            case
                when acknowledged.ack_at is not null
                then
                    greatest(
                        round(
                            {{
                                minutes_between(
                                    start_of_day(
                                        add_days("alerts.first_on", 1), "context.time_zone"
                                    ),
                                    "acknowledged.ack_at",
                                )
                            }} / 60, 2
                        ),
                        0
                    )
            end as time_to_ack_hours,
            {{
                json_of(
                    {
                        "events": "counted.events",
                        "events_after": "alerts.events_after",
                        "sample": "counted.sample",
                        "usual_in_a_week": "alerts.baseline_rate",
                    }
                )
            }} as evidence,
            context.as_of as as_of_date,
            context.config_version
        from alerts
        cross join context
        inner join
            settings
            on alerts.alert_type = settings.alert_type
            and {{ holds_on("settings", "holds_from", "holds_to", "alerts.first_on") }}
        inner join counted on alerts.alert_id = counted.alert_id
        left join acknowledged on alerts.alert_id = acknowledged.alert_id
    )

select *
from final
order by first_on, alert_type, scope
