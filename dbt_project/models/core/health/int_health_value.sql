-- What each measure of health that follows from several facts was worth on the wanted days, as it
-- stood on each, and the day from which that is. What has no data is NULL, never zero.
{{ config(schema="core") }}
{# What a fact may say, and what stands there where it does not. #}
{% set fact_columns = {
    "licences_used": "cast(null as double)",
    "licences_billable": "cast(null as double)",
    "active_users": "cast(null as double)",
    "features_used": "cast(null as double)",
    "features_available": "cast(null as double)",
    "tickets": "0",
    "two_way_on": "cast(null as date)",
    "sponsor_on": "cast(null as date)",
    "buyer_on": "cast(null as date)",
    "champion_on": "cast(null as date)",
    "plan_score": "cast(null as double)",
    "plan_on": "cast(null as date)",
    "start_on": "cast(null as date)",
} %}
{% set facts = {
    "counted_use": {
        "licences_used": "licences_used",
        "licences_billable": "licences_billable",
        "active_users": "active_users",
        "features_used": "features_used",
        "features_available": "features_available",
    },
    "opened_tickets": {"tickets": "tickets"},
    "two_way": {
        "two_way_on": "day",
        "sponsor_on": "case when has_sponsor then day end",
        "buyer_on": "case when has_buyer then day end",
        "champion_on": "case when has_champion then day end",
    },
    "plan_states": {"plan_score": "coalesce(plan_score, -1)", "plan_on": "day"},
    "days": {"start_on": "start_on"},
} %}
{# A plan that nothing can be said about goes before an older one: -1 tells it apart. #}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    days as (select distinct account_id, day, start_on from {{ ref("int_health_wanted_day") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    activities as (
        select activities.*, reached.personas as reached_personas
        from {{ ref("fct_activity") }} as activities
        left join
            {{ ref("int_activity_persona") }} as reached
            on activities.activity_id = reached.activity_id
    ),

    carried as (
        select
            {{ is_entity_carried("tickets") }} as has_tickets,
            {{ is_field_carried("success_plans", "objectives") }} as has_objectives,
            {{ is_field_carried("activities", "personas") }}
            or {{ is_field_carried("contacts", "personas") }} as has_personas
    ),

    counted_use as (
        select
            account_id,
            "on" as day,
            max(value) filter (where metric = 'licences_used') as licences_used,
            max(value) filter (where metric = 'licences_billable') as licences_billable,
            max(value) filter (where metric = 'active_users') as active_users,
            max(value) filter (where metric = 'core_features_used') as features_used,
            max(value) filter (where metric = 'core_features_available') as features_available
        from {{ ref("usage") }}
        where
            metric in (
                'licences_used',
                'licences_billable',
                'active_users',
                'core_features_used',
                'core_features_available'
            )
        group by account_id, "on"
    ),

    opened_tickets as (
        select
            tickets.account_id,
            {{
                local_date(
                    "tickets.opened_at",
                    "coalesce(accounts.time_zone, context.time_zone)",
                )
            }} as day,
            count(*) as tickets
        from {{ ref("tickets") }} as tickets
        cross join context
        left join accounts on tickets.account_id = accounts.account_id
        group by
            tickets.account_id,
            {{
                local_date(
                    "tickets.opened_at",
                    "coalesce(accounts.time_zone, context.time_zone)",
                )
            }}
    ),

    two_way as (
        select
            account_id,
            started_on as day,
            bool_or({{ list_has("reached_personas", "'exec_sponsor'") }}) as has_sponsor,
            bool_or(
                {{ lists_share("reached_personas", "['economic_buyer', 'decision_maker']") }}
            ) as has_buyer,
            bool_or({{ list_has("reached_personas", "'champion'") }}) as has_champion
        from activities
        where {{ is_two_way("activities") }}
        group by account_id, started_on
    ),

    -- Plans hold their last state only: before its last update a plan is not known.
    plans as (
        select
            account_id,
            updated_on as day,
            plan_id,
            case
                when status is null or trim(status) = ''
                then null
                when lower(trim(status)) in {{ ended_plan_statuses() }}
                then 0
                else 1
            end as is_active,
            case
                when not carried.has_objectives
                then null
                when coalesce({{ list_length("objectives") }}, 0) > 0
                then 1
                else 0
            end as has_objectives,
            case
                when is_customer_validated then 1 when not is_customer_validated then 0
            end as is_validated,
            row_number() over (partition by account_id, updated_on order by plan_id desc) as place
        from {{ ref("success_plans") }}
        cross join carried
    ),

    plan_states as (
        select
            account_id,
            day,
            100.0
            * (coalesce(is_active, 0) + coalesce(has_objectives, 0) + coalesce(is_validated, 0))
            / nullif(
                case when is_active is null then 0 else 1 end
                + case when has_objectives is null then 0 else 1 end
                + case when is_validated is null then 0 else 1 end,
                0
            ) as plan_score
        from plans
        where place = 1
    ),

    -- Facts and wanted days in one order, so that each day sees what was known on it.
    facts as (
        {% for relation, known_here in facts.items() %}
            select
                account_id,
                day,
                {% for column, nothing in fact_columns.items() %}
                    {{ known_here.get(column, nothing) }} as {{ column }}
                    {% if not loop.last %}, {% endif %}
                {% endfor %}
            from {{ relation }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    known as (
        select
            account_id,
            day,
            start_on,
            {{ last_known("licences_used") }} over until_then as licences_used,
            {{ last_known("case when licences_used is not null then day end") }} over until_then
            as licences_used_on,
            {{ last_known("licences_billable") }} over until_then as licences_billable,
            {{ last_known("case when licences_billable is not null then day end") }} over until_then
            as licences_billable_on,
            {{ last_known("features_used") }} over until_then as features_used,
            {{ last_known("case when features_used is not null then day end") }} over until_then
            as features_used_on,
            {{ last_known("features_available") }} over until_then as features_available,
            {{ last_known("case when features_available is not null then day end") }}
            over until_then as features_available_on,
            max(active_users) over (
                partition by account_id
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 27 preceding and current row
            ) as active_users_28d,
            max(case when active_users is not null then day end) over until_then as active_users_on,
            sum(tickets) over (
                partition by account_id
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 29 preceding and current row
            ) as tickets_30d,
            max(two_way_on) over until_then as two_way_on,
            max(sponsor_on) over until_then as sponsor_on,
            max(buyer_on) over until_then as buyer_on,
            max(champion_on) over until_then as champion_on,
            {{ last_known("plan_score") }} over until_then as plan_score,
            max(plan_on) over until_then as plan_on
        from facts
        window until_then as (partition by account_id order by day)
    ),

    -- The newest fact of any account tells that its source is alive.
    alive as (
        select days.day, max(seen.activity_on) as activity_on, max(seen.ticket_on) as ticket_on
        from (select distinct day from days) as days
        inner join
            (
                select distinct
                    started_on as day, started_on as activity_on, cast(null as date) as ticket_on
                from activities
                union all
                select distinct day, null, day
                from opened_tickets
            ) as seen
            on seen.day <= days.day
        group by days.day
    ),

    first_activity as (select min(started_on) as first_on from activities),

    final as (
        select
            known.account_id,
            known.day,
            known.licences_used / nullif(known.licences_billable, 0) as license_utilisation,
            least(known.licences_used_on, known.licences_billable_on) as license_utilisation_on,
            known.active_users_28d
            / nullif(known.licences_billable, 0) as active_users_28d_over_billable,
            least(
                known.active_users_on, known.licences_billable_on
            ) as active_users_28d_over_billable_on,
            100.0 * known.features_used / nullif(known.features_available, 0) as core_feature_depth,
            least(known.features_used_on, known.features_available_on) as core_feature_depth_on,
            nullif(known.plan_score, -1) as success_plan,
            known.plan_on as success_plan_on,
            case
                when alive.activity_on is not null
                then
                    {{
                        days_between(
                            "coalesce(known.two_way_on, greatest(known.start_on, first_activity.first_on))",
                            "known.day",
                        )
                    }}
            end as last_two_way_meeting_days,
            known.two_way_on as last_two_way_on,
            case
                when alive.activity_on is not null and carried.has_personas
                then
                    100.0 * (
                        case
                            when known.sponsor_on > {{ add_days("known.day", -180) }}
                            then 1
                            else 0
                        end + case
                            when known.buyer_on > {{ add_days("known.day", -180) }} then 1 else 0
                        end
                        + case
                            when known.champion_on > {{ add_days("known.day", -180) }} then 1 else 0
                        end
                    )
                    / 3
            end as persona_coverage,
            alive.activity_on as last_activity_on,
            case
                when carried.has_tickets and alive.ticket_on is not null
                then cast(known.tickets_30d as double)
            end as tickets_30d,
            alive.ticket_on as last_ticket_on
        from known
        cross join carried
        cross join first_activity
        left join alive on known.day = alive.day
        where known.start_on is not null
    )

select *
from final
