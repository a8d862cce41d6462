-- What each measure of health that follows from several facts was worth on the wanted days, as it
-- stood on each, and the day from which that is. What has no data is NULL, never zero.
{{ config(schema="core", materialized="kept", **kept_by_day("int_health_due")) }}
{# What the latest fact of a kind says, by the column it is known by here. #}
{% set latest = {
    "licences_used": "kind = 'use' and name = 'licences_used'",
    "licences_billable": "kind = 'use' and name = 'licences_billable'",
    "features_used": "kind = 'use' and name = 'core_features_used'",
    "features_available": "kind = 'use' and name = 'core_features_available'",
} %}
{# The day of the latest fact of a kind. #}
{% set latest_day = {
    "active_users_on": "kind = 'use' and name = 'active_users' and value is not null",
    "two_way_on": "kind = 'meeting' and name = 'two_way'",
    "sponsor_on": "kind = 'meeting' and name = 'sponsor'",
    "buyer_on": "kind = 'meeting' and name = 'buyer'",
    "champion_on": "kind = 'meeting' and name = 'champion'",
    "plan_on": "kind = 'plan'",
} %}
with
    days as (
        select distinct account_id, day, start_on from {{ ref("int_health_due") }} where is_wanted
    ),

    source_days as (select * from {{ ref("int_health_source_day") }}),

    -- Of what came about so long before an account's first day that no sum or maximum reaches back
    -- to it, the latest is all that counts.
    first_days as (
        select account_id, {{ add_days("min(day)", -30) }} as day from days group by account_id
    ),

    facts as (
        select
            facts.account_id,
            greatest(facts.day, first_days.day) as day,
            facts.day as fact_day,
            facts.day > first_days.day as is_in_reach,
            facts.kind,
            facts.name,
            facts.value
        from {{ ref("int_health_fact") }} as facts
        inner join first_days on facts.account_id = first_days.account_id
        where facts.kind <> 'named'
    ),

    -- A plan that nothing can be said about goes before an older one: -1 tells it apart.
    facts_of_day as (
        select
            account_id,
            day,
            {% for column, condition in latest.items() %}
                max_by(value, fact_day) filter (
                    where {{ condition }} and value is not null
                ) as {{ column }},
                max(fact_day) filter (
                    where {{ condition }} and value is not null
                ) as {{ column }}_on,
            {% endfor %}
            {% for column, condition in latest_day.items() %}
                max(fact_day) filter (where {{ condition }}) as {{ column }},
            {% endfor %}
            max_by(coalesce(value, -1), fact_day) filter (where kind = 'plan') as plan_score,
            max(value) filter (
                where kind = 'use' and name = 'active_users' and is_in_reach
            ) as active_users,
            count(*) filter (where kind = 'ticket' and is_in_reach) as tickets
        from facts
        group by account_id, day
    ),

    -- Facts and wanted days in one order, so that each day sees what was known on it.
    facts_and_days as (
        select
            account_id,
            day,
            cast(null as date) as start_on,
            {% for column in latest %} {{ column }}, {{ column }}_on,{% endfor %}
            {{ latest_day | join(", ") }},
            plan_score,
            active_users,
            tickets
        from facts_of_day
        union all
        select
            account_id,
            day,
            start_on,
            {% for column in latest %} null as {{ column }}, null as {{ column }}_on,{% endfor %}
            {% for column in latest_day %} null as {{ column }},{% endfor %}
            null as plan_score,
            null as active_users,
            0 as tickets
        from days
    ),

    known as (
        select
            account_id,
            day,
            start_on,
            {% for column in ["plan_score"] + latest | list %}
                {{ last_known(column) }} over until_then as {{ column }},
            {% endfor %}
            {% for column in latest %}
                max({{ column }}_on) over until_then as {{ column }}_on,
            {% endfor %}
            {% for column in latest_day %}
                max({{ column }}) over until_then as {{ column }},
            {% endfor %}
            max(active_users) over (
                partition by account_id
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 27 preceding and current row
            ) as active_users_28d,
            sum(tickets) over (
                partition by account_id
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 29 preceding and current row
            ) as tickets_30d
        from facts_and_days
        window
            until_then as (
                partition by account_id order by {{ days_between("date '1970-01-01'", "day") }}
            )
    ),

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
                when source_days.activity_on is not null
                then
                    {{
                        days_between(
                            "coalesce(known.two_way_on, greatest(known.start_on, source_days.first_activity_on))",
                            "known.day",
                        )
                    }}
            end as last_two_way_meeting_days,
            known.two_way_on as last_two_way_on,
            case
                when source_days.activity_on is not null and source_days.has_personas
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
            source_days.activity_on as last_activity_on,
            case
                when source_days.has_tickets and source_days.ticket_on is not null
                then cast(known.tickets_30d as double)
            end as tickets_30d,
            source_days.ticket_on as last_ticket_on
        from known
        inner join source_days on known.day = source_days.day
        where known.start_on is not null
    )

select *
from final
