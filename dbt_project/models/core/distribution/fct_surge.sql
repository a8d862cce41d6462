-- When accounts needed more people than usual, and when they had them: critical points with the
-- help that came, and temporary assignments.
{% set helps_within_d = 30 %}
{% set helps_before_d = 14 %}
{% set new_after_d = 90 %}
{% set baseline_weeks = 13 %}
{% set after_d = 28 %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as (
        select settings.said.surge as surge
        from
            (
                {{
                    distribution_settings(
                        {
                            "surge": {
                                "rules": ["VARCHAR"],
                                "min_hours": "DOUBLE",
                                "tolerance": "DOUBLE",
                            }
                        }
                    )
                }}
            ) as settings
        inner join context on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    assignments as (
        select *, coalesce(user_id, user_email) as person
        from {{ ref("account_assignment_scd2") }}
        where user_email is not null and role <> 'backup'
    ),

    leads as (
        select *, coalesce(user_id, user_email) as lead_id from {{ ref("int_account_lead") }}
    ),

    tiers as (
        select account_id, valid_from, valid_to, assigned_tier_id
        from {{ ref("tier_membership_scd2") }}
    ),

    supporters as (select user_id from {{ ref("dim_csm") }} where role = 'support'),

    worked as (
        select account_id, worked_on, coalesce(user_id, user_email) as person, user_id, minutes
        from {{ ref("fct_activity_time") }}
        where account_id is not null and category <> 'not_working' and minutes > 0
    ),

    tracked as (
        select min(worked_on) as tracked_from from {{ ref("fct_activity_time") }} where minutes > 0
    ),

    points as (
        select
            md5(concat_ws('|', points.account_id, points.kind, points.point_key)) as surge_id,
            points.account_id,
            'critical_point' as event_type,
            points.kind,
            points.point_key,
            points.started_on,
            points.ended_on,
            greatest(
                {{ add_days("points.started_on", helps_within_d) }},
                coalesce(points.ended_on, points.started_on)
            ) as window_to,
            points.signs,
            leads.lead_id
        from {{ ref("int_critical_point") }} as points
        left join
            leads
            on points.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "points.started_on") }}
    ),

    temporary as (
        select
            *,
            max(coalesce(valid_to, date '9999-12-31')) over (
                partition by account_id
                order by valid_from, person
                rows between unbounded preceding and 1 preceding
            ) as others_to
        from assignments
        where is_temporary
    ),

    stretches as (
        select
            *,
            sum(case when others_to >= valid_from then 0 else 1 end) over (
                partition by account_id
                order by valid_from, person
                rows between unbounded preceding and current row
            ) as stretch_number
        from temporary
    ),

    united as (
        select
            account_id,
            stretch_number,
            min(valid_from) as started_on,
            nullif(max(coalesce(valid_to, date '9999-12-31')), date '9999-12-31') as ended_on,
            {{ list_text(union_of_lists("case when reason is null then [] else [reason] end")) }}
            as reason
        from stretches
        group by account_id, stretch_number
    ),

    surges as (
        select
            *,
            md5(
                concat_ws('|', account_id, 'temporary_assignment', cast(started_on as varchar))
            ) as surge_id
        from united
    ),

    events as (
        select
            surge_id,
            account_id,
            event_type,
            kind,
            point_key,
            started_on,
            ended_on,
            window_to,
            signs,
            cast(null as varchar) as reason
        from points
        union all
        select
            surges.surge_id,
            surges.account_id,
            'surge' as event_type,
            'temporary_assignment' as kind,
            cast(surges.started_on as varchar) as point_key,
            surges.started_on,
            case when surges.ended_on <= context.as_of then surges.ended_on end as ended_on,
            least(
                coalesce(surges.ended_on, {{ add_days("context.as_of", 1) }}),
                {{ add_days("context.as_of", 1) }}
            ) as window_to,
            1 as signs,
            surges.reason
        from surges
        cross join context
        where surges.started_on between {{ add_days("context.as_of", -730) }} and context.as_of
    ),

    newly_assigned as (
        select points.surge_id, assignments.person, assignments.valid_from as helped_on
        from points
        inner join
            assignments
            on points.account_id = assignments.account_id
            and assignments.valid_from >= {{ add_days("points.started_on", -helps_before_d) }}
            and assignments.valid_from < {{ add_days("points.started_on", helps_within_d) }}
        where
            (assignments.is_temporary or assignments.role in ('member', 'specialist'))
            and points.lead_id is distinct from assignments.person
    ),

    newly_working as (
        select points.surge_id, worked.person, min(worked.worked_on) as helped_on
        from points
        cross join tracked
        cross join settings
        inner join
            worked
            on points.account_id = worked.account_id
            and worked.worked_on >= {{ add_days("points.started_on", -new_after_d) }}
            and worked.worked_on < {{ add_days("points.started_on", helps_within_d) }}
        left join supporters on worked.user_id = supporters.user_id
        where
            supporters.user_id is null
            and points.lead_id is distinct from worked.person
            and tracked.tracked_from <= {{ add_days("points.started_on", -new_after_d) }}
        group by points.surge_id, worked.person, points.started_on, settings.surge.min_hours
        having
            min(worked.worked_on) >= points.started_on
            and {{ exact_sum("worked.minutes") }} >= settings.surge.min_hours * 60
    ),

    helpers as (
        select *
        from newly_assigned
        union all
        select *
        from newly_working
        union all
        select surges.surge_id, stretches.person, stretches.valid_from as helped_on
        from surges
        inner join
            stretches
            on surges.account_id = stretches.account_id
            and surges.stretch_number = stretches.stretch_number
    ),

    added as (
        select surge_id, person, min(helped_on) as helped_on from helpers group by surge_id, person
    ),

    teams as (
        select surge_id, count(*) as people, min(helped_on) as helped_on
        from added
        group by surge_id
    ),

    worked_around as (
        select
            events.surge_id,
            worked.minutes,
            added.person is not null
            and worked.worked_on >= greatest(events.started_on, added.helped_on)
            and worked.worked_on < events.window_to as is_charged,
            worked.worked_on < events.started_on as is_before,
            worked.worked_on >= events.window_to as is_after
        from events
        inner join
            worked
            on events.account_id = worked.account_id
            and worked.worked_on >= {{ add_days("events.started_on", -7 * baseline_weeks) }}
            and worked.worked_on < {{ add_days("events.window_to", after_d) }}
        left join added on events.surge_id = added.surge_id and worked.person = added.person
    ),

    efforts as (
        select
            surge_id,
            {% for part in ["charged", "before", "after"] -%}
                {{ exact_sum("case when is_" ~ part ~ " then minutes else 0 end") }}
                as minutes_{{ part }} {{ "," if not loop.last }}
            {% endfor %}
        from worked_around
        group by surge_id
    ),

    measured as (
        select
            events.*,
            coalesce(teams.people, 0) as people,
            teams.helped_on,
            case
                when tracked.tracked_from <= context.as_of
                then coalesce(efforts.minutes_charged, 0) / 60
            end as charged_hours,
            case
                when
                    tracked.tracked_from <= {{ add_days("events.started_on", -7 * baseline_weeks) }}
                then coalesce(efforts.minutes_before, 0) / 60 / {{ baseline_weeks }}
            end as baseline_week_hours,
            case
                when
                    tracked.tracked_from <= {{ add_days("events.started_on", -7 * baseline_weeks) }}
                    and {{ add_days("events.window_to", after_d) }}
                    <= {{ add_days("context.as_of", 1) }}
                then coalesce(efforts.minutes_after, 0) / 60 / {{ after_d // 7 }}
            end as after_week_hours
        from events
        cross join context
        cross join tracked
        left join teams on events.surge_id = teams.surge_id
        left join efforts on events.surge_id = efforts.surge_id
    ),

    final as (
        select
            measured.surge_id,
            measured.account_id,
            measured.event_type,
            measured.kind,
            measured.point_key,
            measured.started_on,
            measured.ended_on,
            measured.ended_on is null as is_open,
            tiers.assigned_tier_id as tier_id,
            leads.user_id as lead_user_id,
            case when leads.user_email is null then leads.pool end as lead_pool,
            measured.signs,
            measured.reason,
            cast(measured.people as integer) as people,
            measured.helped_on,
            case
                when measured.helped_on is not null
                then
                    cast(
                        greatest(
                            0, {{ days_between("measured.started_on", "measured.helped_on") }}
                        ) as integer
                    )
            end as days_to_help,
            case
                when
                    not (
                        measured.kind = 'implementation_overdue'
                        or (measured.kind = 'escalation' and measured.signs >= 2)
                        or {{ has_element("settings.surge.rules", "measured.kind") }}
                    )
                then null
                when measured.people > 0
                then false
                when measured.ended_on < {{ add_days("measured.started_on", helps_within_d) }}
                then false
                when context.as_of >= {{ add_days("measured.started_on", helps_within_d) }}
                then true
            end as is_dismissed,
            measured.charged_hours,
            measured.baseline_week_hours,
            measured.after_week_hours,
            measured.after_week_hours
            <= measured.baseline_week_hours * (1 + settings.surge.tolerance) as is_back_to_baseline,
            context.as_of as as_of_date,
            context.config_version
        from measured
        cross join context
        cross join settings
        left join
            leads
            on measured.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "measured.started_on") }}
        left join
            tiers
            on measured.account_id = tiers.account_id
            and {{ holds_on("tiers", "valid_from", "valid_to", "measured.started_on") }}
    )

select *
from final
order by account_id, started_on, kind, point_key
