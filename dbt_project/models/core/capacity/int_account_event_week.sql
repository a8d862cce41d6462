-- Hours that fall into certain weeks of an account: before a term's end, and while it is brought
-- on. All other work is spread evenly over the year.
{{ config(schema="core") }}
with
    context as (
        select as_of, {{ week_of("as_of") }} as this_week from {{ source("meta", "context") }}
    ),

    demand as (
        select account_id, as_of_on, tier_id, complexity_multiplier
        from {{ ref("int_account_demand") }}
    ),

    days as (
        select as_of_on, lead(as_of_on) over (order by as_of_on) as next_as_of_on
        from (select distinct as_of_on from demand) as told
    ),

    standards as (
        select *, coalesce({{ list_length(json_keys_of("segment_filter")) }}, 0) > 0 as has_segment
        from {{ ref("int_standard_span") }}
        where schedule_type = 'lead_to_event' and expected_minutes is not null
    ),

    segments as (select * from {{ ref("int_standard_segment") }}),

    actual_minutes as (
        select as_of_on, tier_id, family, minutes
        from {{ ref("int_actual_minutes") }}
        where engagements >= 20
    ),

    contracts as (
        select account_id, ends_on from {{ ref("fct_contract") }} where starts_on <= ends_on
    ),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    memberships as (select * from {{ ref("tier_membership_scd2") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    -- The Mondays on which a day's demand is the latest: from it up to the next, the last up to 13
    -- weeks after as_of.
    windows as (
        select
            demand.account_id,
            coalesce(actual_minutes.minutes, standards.expected_minutes)
            / 60
            * demand.complexity_multiplier as hours,
            {{ add_days("contracts.ends_on", "-standards.open_d") }} as opens_on,
            {{ add_days("contracts.ends_on", "-standards.due_d") }} as due_on,
            {{ week_of(add_days("demand.as_of_on", 6)) }} as first_monday,
            coalesce(
                {{ add_days("days.next_as_of_on", -1) }},
                {{ add_days("context.this_week", 13 * 7) }}
            ) as last_day
        from demand
        cross join context
        inner join days on demand.as_of_on = days.as_of_on
        inner join
            standards
            on demand.tier_id = standards.tier_id
            and {{ holds_on("standards", "holds_from", "holds_to", "demand.as_of_on") }}
        left join
            segments
            on standards.has_segment
            and demand.account_id = segments.account_id
            and standards.standard_number = segments.standard_number
            and {{ holds_on("segments", "holds_from", "holds_to", "demand.as_of_on") }}
        left join
            actual_minutes
            on demand.as_of_on = actual_minutes.as_of_on
            and demand.tier_id = actual_minutes.tier_id
            and standards.family = actual_minutes.family
        inner join contracts on demand.account_id = contracts.account_id
        where
            (not standards.has_segment or segments.account_id is not null)
            and {{ add_days("contracts.ends_on", "-standards.due_d") }} >= demand.as_of_on
            and {{ add_days("contracts.ends_on", "-standards.open_d") }}
            <= {{
                add_days(
                    "coalesce("
                    ~ add_days("days.next_as_of_on", -1)
                    ~ ", "
                    ~ add_days("context.this_week", 13 * 7)
                    ~ ")",
                    6,
                )
            }}
    ),

    window_weeks as (
        select
            account_id,
            hours,
            opens_on,
            due_on,
            cast(
                {{
                    rows_of(
                        weeks_between_dates(
                            "greatest(first_monday, " ~ week_of("opens_on") ~ ")",
                            "least(last_day, due_on)",
                        )
                    )
                }} as date
            ) as week_start
        from windows
    ),

    before_term_ends as (
        select
            account_id,
            week_start,
            hours * (
                {{
                    days_between(
                        "greatest(opens_on, week_start)",
                        "least(due_on, " ~ add_days("week_start", 6) ~ ")",
                    )
                }} + 1
            )
            / ({{ days_between("opens_on", "due_on") }} + 1) as event_hours,
            0.0 as onboarding_hours
        from window_weeks
    ),

    first_days as (
        select account_id, min(active_from) as first_active_on
        from active_accounts
        group by account_id
    ),

    new_accounts as (
        select
            first_days.account_id,
            first_days.first_active_on,
            tiers.onboarding_hours / 13 as onboarding_hours,
            {{ add_days("context.this_week", 13 * 7) }} as last_week
        from first_days
        cross join context
        inner join
            memberships
            on first_days.account_id = memberships.account_id
            and {{ holds_on("memberships", "valid_from", "valid_to", "first_days.first_active_on") }}
        inner join
            tiers
            on memberships.assigned_tier_id = tiers.tier_id
            and {{ holds_on("tiers", "holds_from", "holds_to", "first_days.first_active_on") }}
        where
            first_days.first_active_on > {{ add_days("context.this_week", -118 * 7) }}
            and tiers.onboarding_hours > 0
    ),

    onboarding as (
        select
            account_id,
            cast(
                {{
                    rows_of(
                        weeks_between_dates(
                            week_of(add_days("first_active_on", 6)),
                            "least(last_week, " ~ add_days("first_active_on", 90) ~ ")",
                        )
                    )
                }} as date
            ) as week_start,
            0.0 as event_hours,
            onboarding_hours
        from new_accounts
    ),

    parts as (
        select *
        from before_term_ends
        union all
        select *
        from onboarding
    ),

    final as (
        select
            account_id,
            week_start,
            {{ exact_sum("event_hours") }} as event_hours,
            {{ exact_sum("onboarding_hours") }} as onboarding_hours
        from parts
        group by account_id, week_start
    )

select *
from final
order by account_id, week_start
