-- Whether software does what it is meant to: by tier and month, obligations whose standard is
-- digital and how many people fulfilled by hand, and activities that may be automated and how many
-- were.
{{ config(schema="core") }}
with
    obligations as (
        select *
        from {{ ref("fct_obligation") }}
        where
            disposition = 'counted'
            and delivery_mode = 'digital'
            and fulfilled_by_activity_id is not null
    ),

    activities as (
        select
            activity_id, account_id, type, started_on, coalesce(is_automated, false) as is_automated
        from {{ ref("fct_activity") }}
        where status = 'completed' and account_id is not null
    ),

    memberships as (select * from {{ ref("tier_membership_scd2") }}),

    standards as (select * from {{ ref("cfg_standard") }} where is_automation_allowed),

    automatable_types as (
        select distinct holds_from, holds_to, tier_id, {{ rows_of("accepts") }} as activity_type
        from standards
    ),

    some_types as (select distinct activity_type from automatable_types),

    fulfilled as (
        select
            obligations.tier_id,
            cast(date_trunc('month', obligations.fulfilled_on) as date) as month_start,
            count(*) as digital_obligations,
            count(case when not activities.is_automated then 1 end) as digital_by_people
        from obligations
        inner join activities on obligations.fulfilled_by_activity_id = activities.activity_id
        group by obligations.tier_id, cast(date_trunc('month', obligations.fulfilled_on) as date)
    ),

    delivered as (
        select
            memberships.assigned_tier_id as tier_id,
            cast(date_trunc('month', activities.started_on) as date) as month_start,
            count(*) as automatable_activities,
            count(case when activities.is_automated then 1 end) as automated_activities
        from activities
        inner join some_types on activities.type = some_types.activity_type
        inner join
            memberships
            on activities.account_id = memberships.account_id
            and {{ holds_on("memberships", "valid_from", "valid_to", "activities.started_on") }}
        inner join
            automatable_types
            on memberships.assigned_tier_id = automatable_types.tier_id
            and activities.type = automatable_types.activity_type
            and
            {{ holds_on("automatable_types", "holds_from", "holds_to", "activities.started_on") }}
        group by
            memberships.assigned_tier_id, cast(date_trunc('month', activities.started_on) as date)
    ),

    final as (
        select
            coalesce(fulfilled.tier_id, delivered.tier_id) as tier_id,
            coalesce(fulfilled.month_start, delivered.month_start) as month_start,
            coalesce(fulfilled.digital_obligations, 0) as digital_obligations,
            coalesce(fulfilled.digital_by_people, 0) as digital_by_people,
            coalesce(delivered.automatable_activities, 0) as automatable_activities,
            coalesce(delivered.automated_activities, 0) as automated_activities
        from fulfilled
        full outer join
            delivered
            on fulfilled.tier_id = delivered.tier_id
            and fulfilled.month_start = delivered.month_start
    )

select *
from final
order by tier_id, month_start
