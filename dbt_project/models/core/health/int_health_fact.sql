-- What health is measured from, as each fact came about: all that int_health_value and
-- int_health_named_value know of accounts, and so all that must be as it was for them to be.
{{ config(schema="core", materialized="view") }}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    usage as (
        select account_id, "on" as day, metric as name, value, source_name from {{ ref("usage") }}
    ),

    carried as (select {{ is_field_carried("success_plans", "objectives") }} as has_objectives),

    names as (
        select distinct scored_value as name
        from {{ ref("cfg_health_measure") }}
        where scored_value not in ('{{ derived_measures() | join("', '") }}')
        union
        select {{ rows_of("['csp_health', 'health_override']") }} as name
    ),

    named_use as (select usage.* from usage inner join names on usage.name = names.name),

    assessed as (
        select
            assessments.account_id,
            {{
                local_date(
                    "assessments.assessed_at",
                    "coalesce(accounts.time_zone, context.time_zone)",
                )
            }} as day,
            assessments.kind as name,
            assessments.score as value,
            assessments.source_name,
            assessments.assessed_at,
            assessments.assessment_id
        from {{ ref("assessments") }} as assessments
        cross join context
        inner join names on assessments.kind = names.name
        left join accounts on assessments.account_id = accounts.account_id
        where assessments.kind not in (select name from named_use)
    ),

    last_assessed as (
        select
            *,
            row_number() over (
                partition by account_id, name, day order by assessed_at desc, assessment_id desc
            ) as place
        from assessed
    ),

    opened_tickets as (
        select
            tickets.account_id,
            {{
                local_date(
                    "tickets.opened_at",
                    "coalesce(accounts.time_zone, context.time_zone)",
                )
            }} as day
        from {{ ref("tickets") }} as tickets
        cross join context
        left join accounts on tickets.account_id = accounts.account_id
    ),

    two_way as (
        select activities.account_id, activities.started_on as day, reached.personas
        from {{ ref("fct_activity") }} as activities
        left join
            {{ ref("int_activity_persona") }} as reached
            on activities.activity_id = reached.activity_id
        where {{ is_two_way("activities") }}
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

    final as (
        select account_id, day, 'use' as kind, name, value, cast(null as varchar) as source_name
        from usage
        where
            name in (
                'licences_used',
                'licences_billable',
                'active_users',
                'core_features_used',
                'core_features_available'
            )
        union all
        select
            account_id, day, 'ticket' as kind, 'opened' as name, null as value, null as source_name
        from opened_tickets
        union all
        select
            account_id,
            day,
            'meeting' as kind,
            'two_way' as name,
            null as value,
            null as source_name
        from two_way
        union all
        select
            account_id,
            day,
            'meeting' as kind,
            'sponsor' as name,
            null as value,
            null as source_name
        from two_way
        where {{ list_has("personas", "'exec_sponsor'") }}
        union all
        select
            account_id, day, 'meeting' as kind, 'buyer' as name, null as value, null as source_name
        from two_way
        where {{ lists_share("personas", "['economic_buyer', 'decision_maker']") }}
        union all
        select
            account_id,
            day,
            'meeting' as kind,
            'champion' as name,
            null as value,
            null as source_name
        from two_way
        where {{ list_has("personas", "'champion'") }}
        union all
        select
            account_id,
            day,
            'plan' as kind,
            'plan' as name,
            plan_score as value,
            null as source_name
        from plan_states
        union all
        select account_id, day, 'named' as kind, name, value, source_name
        from named_use
        union all
        select account_id, day, 'named' as kind, name, value, source_name
        from last_assessed
        where place = 1
    )

select *
from final
