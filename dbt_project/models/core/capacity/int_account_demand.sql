-- How many hours a year each account needs: what its tier is owed, its own questions, what a
-- condition calls for, and being brought on. On the last day of each of the last 24 whole months,
-- and on as_of, with who was to give them.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    days as ({{ capacity_days("context") }}),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    memberships as (select * from {{ ref("tier_membership_scd2") }}),

    leads as (select * from {{ ref("int_account_lead") }}),

    histories as (
        select account_id, complexity, valid_from, valid_to from {{ ref("account_scd2") }}
    ),

    months as (select account_id, month_start, arr from {{ ref("fct_arr_month") }}),

    models as (select * from {{ ref("cfg_capacity") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    standards as (
        select *, coalesce({{ list_length(json_keys_of("segment_filter")) }}, 0) > 0 as has_segment
        from {{ ref("int_standard_span") }}
        where schedule_type <> 'conditional'
    ),

    segments as (select * from {{ ref("int_standard_segment") }}),

    actual_minutes as (
        select as_of_on, tier_id, family, minutes
        from {{ ref("int_actual_minutes") }}
        where engagements >= 20
    ),

    reactive as (select * from {{ ref("int_account_reactive") }}),

    obligations as (
        select account_id, tier_id, family, due_on, expected_minutes
        from {{ ref("fct_obligation") }}
        where disposition = 'counted' and schedule_type = 'conditional'
    ),

    first_days as (
        select account_id, min(active_from) as first_active_on
        from active_accounts
        group by account_id
    ),

    accounts as (
        select
            active_accounts.account_id,
            days.as_of_on,
            days.is_current,
            memberships.assigned_tier_id as tier_id,
            first_days.first_active_on
        from active_accounts
        inner join
            days on {{ holds_on("active_accounts", "active_from", "active_to", "days.as_of_on") }}
        inner join
            memberships
            on active_accounts.account_id = memberships.account_id
            and {{ holds_on("memberships", "valid_from", "valid_to", "days.as_of_on") }}
        inner join first_days on active_accounts.account_id = first_days.account_id
        where memberships.assigned_tier_id is not null
    ),

    standard_days as (
        select
            days.as_of_on,
            standards.tier_id,
            standards.standard_number,
            standards.has_segment,
            {{
                yearly_hours(
                    "standards.per_year",
                    "coalesce(actual_minutes.minutes, standards.expected_minutes)",
                )
            }} as hours,
            case when standards.schedule_type = 'lead_to_event' then 1 else 0 end as is_event
        from days
        inner join
            standards on {{ holds_on("standards", "holds_from", "holds_to", "days.as_of_on") }}
        left join
            actual_minutes
            on days.as_of_on = actual_minutes.as_of_on
            and standards.tier_id = actual_minutes.tier_id
            and standards.family = actual_minutes.family
    ),

    planned as (
        select
            as_of_on,
            tier_id,
            {{ exact_sum("hours") }} as hours,
            {{ exact_sum("hours * is_event") }} as event_hours
        from standard_days
        where not has_segment
        group by as_of_on, tier_id
    ),

    planned_for_segments as (
        select
            accounts.account_id,
            accounts.as_of_on,
            {{ exact_sum("standard_days.hours") }} as hours,
            {{ exact_sum("standard_days.hours * standard_days.is_event") }} as event_hours
        from accounts
        inner join
            segments
            on accounts.account_id = segments.account_id
            and {{ holds_on("segments", "holds_from", "holds_to", "accounts.as_of_on") }}
        inner join
            standard_days
            on segments.standard_number = standard_days.standard_number
            and accounts.as_of_on = standard_days.as_of_on
            and accounts.tier_id = standard_days.tier_id
        where standard_days.has_segment
        group by accounts.account_id, accounts.as_of_on
    ),

    conditional as ({{ hours_fallen_due("obligations", "days", "actual_minutes") }}),

    parts as (
        select
            accounts.account_id,
            accounts.as_of_on,
            accounts.is_current,
            accounts.tier_id,
            coalesce(leads.user_id, leads.user_email) as owner_user_id,
            leads.pool as owner_pool,
            months.arr,
            histories.complexity,
            coalesce(planned.hours, 0) + coalesce(planned_for_segments.hours, 0) as standard_hours,
            coalesce(planned.event_hours, 0)
            + coalesce(planned_for_segments.event_hours, 0) as standard_event_hours,
            {{ complexity_multiplier("models", "histories.complexity") }} as complexity_multiplier,
            coalesce(
                reactive.reactive_hours_per_year, tiers.reactive_hours_per_year, 0
            ) as reactive_hours,
            coalesce(conditional.hours * 365 / 91, 0) as conditional_hours,
            case
                when {{ days_between("accounts.first_active_on", "accounts.as_of_on") }} < 91
                then coalesce(tiers.onboarding_hours, 0)
                else 0
            end as onboarding_hours
        from accounts
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "accounts.as_of_on") }}
        left join
            tiers
            on accounts.tier_id = tiers.tier_id
            and {{ holds_on("tiers", "holds_from", "holds_to", "accounts.as_of_on") }}
        left join
            leads
            on accounts.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "accounts.as_of_on") }}
        left join
            histories
            on accounts.account_id = histories.account_id
            and {{ holds_on("histories", "valid_from", "valid_to", "accounts.as_of_on") }}
        left join
            months
            on accounts.account_id = months.account_id
            and months.month_start = cast(date_trunc('month', accounts.as_of_on) as date)
        left join
            planned on accounts.as_of_on = planned.as_of_on and accounts.tier_id = planned.tier_id
        left join
            planned_for_segments
            on accounts.account_id = planned_for_segments.account_id
            and accounts.as_of_on = planned_for_segments.as_of_on
        left join
            reactive
            on accounts.account_id = reactive.account_id
            and reactive.week_start = {{ week_of("accounts.as_of_on") }}
        left join
            conditional
            on accounts.account_id = conditional.account_id
            and accounts.as_of_on = conditional.as_of_on
    ),

    final as (
        select
            account_id,
            as_of_on,
            is_current,
            tier_id,
            owner_user_id,
            owner_pool,
            arr,
            complexity,
            standard_hours,
            complexity_multiplier,
            standard_hours * complexity_multiplier as proactive_hours,
            standard_event_hours * complexity_multiplier as event_hours,
            reactive_hours,
            conditional_hours,
            onboarding_hours,
            standard_hours * complexity_multiplier
            + reactive_hours
            + conditional_hours
            + onboarding_hours as required_hours
        from parts
    )

select *
from final
