-- When an account needed more than usual: an implementation late, a go-live, escalations, a renewal
-- near while not green, a rule that fired.
{{ config(schema="core") }}
{% set around_go_live_d = 14 %}
{% set before_renewal_d = 120 %}
{% set history_d = 730 %}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (
        select settings.said.surge as surge
        from
            (
                {{
                    distribution_settings(
                        {
                            "surge": {
                                "touch": ["VARCHAR"],
                                "rules": ["VARCHAR"],
                                "quiet_d": "INTEGER",
                            }
                        }
                    )
                }}
            ) as settings
        inner join context on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    projects as (select * from {{ ref("projects") }} where kind in ('implementation', 'migration')),

    overdue as (
        select
            projects.account_id,
            'implementation_overdue' as kind,
            projects.project_id as point_key,
            {{ add_days("projects.due_on", 1) }} as started_on,
            projects.completed_on as ended_on,
            1 as signs
        from projects
        cross join context
        where projects.due_on < coalesce(projects.completed_on, context.as_of)
    ),

    live as (
        select account_id, project_id, coalesce(completed_on, due_on) as live_on
        from projects
        where kind = 'implementation'
    ),

    go_lives as (
        select
            account_id,
            'go_live' as kind,
            project_id as point_key,
            {{ add_days("live_on", -around_go_live_d) }} as started_on,
            {{ add_days("live_on", around_go_live_d + 1) }} as ended_on,
            1 as signs
        from live
    ),

    time_zones as (select account_id, time_zone from {{ ref("dim_account") }}),

    escalated_days as (
        select
            tickets.account_id, {{ local_date("tickets.opened_at", "time_zones.time_zone") }} as day
        from {{ ref("tickets") }} as tickets
        inner join time_zones on tickets.account_id = time_zones.account_id
        where tickets.is_escalated
        union
        select account_id, started_on as day
        from {{ ref("fct_activity") }}
        where type = 'escalation_call' and status = 'completed' and account_id is not null
    ),

    compared_days as (
        select account_id, day, lag(day) over (partition by account_id order by day) as day_before
        from escalated_days
    ),

    marked_days as (
        select
            compared_days.account_id,
            compared_days.day,
            case
                when
                    compared_days.day
                    <= {{ add_days("compared_days.day_before", "settings.surge.quiet_d") }}
                then 0
                else 1
            end as is_first
        from compared_days
        cross join settings
    ),

    numbered_days as (
        select
            account_id,
            day,
            sum(is_first) over (
                partition by account_id
                order by day
                rows between unbounded preceding and current row
            ) as run_number
        from marked_days
    ),

    escalations as (
        select
            numbered_days.account_id,
            'escalation' as kind,
            cast(min(numbered_days.day) as varchar) as point_key,
            min(numbered_days.day) as started_on,
            {{ add_days("max(numbered_days.day)", "min(settings.surge.quiet_d) + 1") }} as ended_on,
            count(*) as signs
        from numbered_days
        cross join settings
        group by numbered_days.account_id, numbered_days.run_number
    ),

    term_ends as (
        select distinct renewals.account_id, renewals.term_end_on
        from {{ ref("fct_renewal") }} as renewals
        cross join context
        where
            renewals.term_end_on
            between {{ add_days("context.as_of", -history_d) }}
            and {{ add_days("context.as_of", before_renewal_d) }}
    ),

    health_days as (select account_id, as_of_on, band from {{ ref("fct_health_daily") }}),

    worries as (
        select term_ends.account_id, term_ends.term_end_on, min(health_days.as_of_on) as started_on
        from term_ends
        inner join
            health_days
            on term_ends.account_id = health_days.account_id
            and health_days.band in ('yellow', 'red')
            and health_days.as_of_on
            between {{ add_days("term_ends.term_end_on", -before_renewal_d) }}
            and term_ends.term_end_on
        group by term_ends.account_id, term_ends.term_end_on
    ),

    renewals as (
        select
            worries.account_id,
            'renewal_not_green' as kind,
            cast(worries.term_end_on as varchar) as point_key,
            worries.started_on,
            coalesce(
                min(health_days.as_of_on), {{ add_days("worries.term_end_on", 1) }}
            ) as ended_on,
            1 as signs
        from worries
        left join
            health_days
            on worries.account_id = health_days.account_id
            and health_days.band = 'green'
            and health_days.as_of_on > worries.started_on
            and health_days.as_of_on <= worries.term_end_on
        group by worries.account_id, worries.term_end_on, worries.started_on
    ),

    fired as (
        select
            triggers.account_id,
            triggers.rule_id as kind,
            triggers.trigger_id as point_key,
            triggers.fired_on as started_on,
            triggers.ended_on,
            1 as signs
        from {{ ref("fct_playbook_trigger") }} as triggers
        cross join settings
        where
            triggers.suppressed_by is null
            and {{ has_element("settings.surge.rules", "triggers.rule_id") }}
    ),

    points as (
        {% for relation in ["overdue", "go_lives", "escalations", "renewals", "fired"] %}
            select account_id, kind, point_key, started_on, ended_on, signs
            from {{ relation }}
            {% if not loop.last -%}
                union all
            {% endif -%}
        {% endfor %}
    ),

    tiers as (
        select account_id, valid_from, valid_to, assigned_tier_id
        from {{ ref("tier_membership_scd2") }}
    ),

    touches as (select holds_from, holds_to, tier_id, touch from {{ ref("cfg_tier") }}),

    final as (
        select
            points.account_id,
            points.kind,
            points.point_key,
            points.started_on,
            case when points.ended_on <= context.as_of then points.ended_on end as ended_on,
            cast(points.signs as integer) as signs
        from points
        cross join context
        cross join settings
        inner join
            tiers
            on points.account_id = tiers.account_id
            and {{ holds_on("tiers", "valid_from", "valid_to", "points.started_on") }}
        inner join
            touches
            on tiers.assigned_tier_id = touches.tier_id
            and {{ holds_on("touches", "holds_from", "holds_to", "points.started_on") }}
        where
            {{ has_element("settings.surge.touch", "touches.touch") }}
            and points.started_on
            between {{ add_days("context.as_of", -history_d) }} and context.as_of
    )

select *
from final
order by account_id, started_on, kind, point_key
