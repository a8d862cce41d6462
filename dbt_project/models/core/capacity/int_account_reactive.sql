-- What each account's own questions and troubles take, week by week, as its last 13 weeks tell it:
-- the fewer of them there are, the more the mean of its tier counts. And with it what the standards
-- plan for the account, by which a sudden rise is told.
{{ config(schema="core") }}
with
    context as (
        select {{ week_of("as_of") }} as this_week, as_of from {{ source("meta", "context") }}
    ),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    -- An account is in one tier at a time: what ended before ended no later than the one before.
    memberships as (
        select
            account_id,
            assigned_tier_id,
            valid_from,
            valid_to,
            lag(valid_to) over (partition by account_id order by valid_from) as previous_valid_to
        from {{ ref("tier_membership_scd2") }}
        where assigned_tier_id is not null
    ),

    models as (select * from {{ ref("cfg_capacity") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    standards as (
        select * from {{ ref("int_standard_span") }} where schedule_type <> 'conditional'
    ),

    segments as (select * from {{ ref("int_standard_segment") }}),

    histories as (
        select account_id, complexity, valid_from, valid_to from {{ ref("account_scd2") }}
    ),

    time_rows as (
        select account_id, category, week_start, minutes
        from {{ ref("fct_activity_time") }}
        where minutes > 0
    ),

    tracked as (select min(week_start) as first_week from time_rows),

    spans as (
        select
            active_accounts.account_id,
            active_accounts.active_from,
            coalesce(active_accounts.active_to, date '9999-12-31') as active_to,
            greatest(
                {{ week_of("active_accounts.active_from") }},
                {{ add_days("context.this_week", -(104 + 13) * 7) }}
            ) as first_week,
            least(
                {{
                    week_of(
                        add_days("coalesce(active_accounts.active_to, date '9999-12-31')", -1)
                    )
                }},
                context.this_week
            ) as last_week
        from active_accounts
        cross join context
    ),

    active_weeks as (
        select
            account_id,
            active_from,
            active_to,
            cast(
                {{ rows_of(weeks_between_dates("first_week", "last_week")) }} as date
            ) as week_start
        from spans
    ),

    account_weeks as (
        select
            account_id,
            week_start,
            min(greatest(active_from, week_start)) as first_active_on,
            bool_or(
                active_from <= week_start and active_to >= {{ add_days("week_start", 7) }}
            ) as is_whole
        from active_weeks
        group by account_id, week_start
    ),

    reactive as (
        select account_id, week_start, sum(cast(minutes as decimal(28, 6))) as minutes
        from time_rows
        where category = 'reactive' and account_id is not null
        group by account_id, week_start
    ),

    measured as (
        select
            account_weeks.*,
            -- Frames over numbers are found in less time than those over dates.
            {{ days_between("date '0001-01-01'", "account_weeks.week_start") }} as day_number,
            account_weeks.is_whole
            and coalesce(account_weeks.week_start >= tracked.first_week, false) as is_observed,
            coalesce(
                {{ days_between("tracked.first_week", "account_weeks.week_start") }} >= 13 * 7,
                false
            ) as is_tracked_long,
            coalesce(reactive.minutes, 0) as minutes
        from account_weeks
        cross join tracked
        left join
            reactive
            on account_weeks.account_id = reactive.account_id
            and account_weeks.week_start = reactive.week_start
    ),

    lately as (
        select
            account_id,
            week_start,
            first_active_on,
            is_tracked_long,
            count(case when is_observed then 1 end) over last_13_weeks as weeks,
            sum(case when is_observed then minutes end) over last_13_weeks as minutes
        from measured
        window
            last_13_weeks as (
                partition by account_id
                order by day_number
                range between 91 preceding and 7 preceding
            )
    ),

    -- An account's tier in a week is that of its first day in one.
    placed as (
        select
            lately.account_id,
            lately.week_start,
            lately.is_tracked_long,
            lately.weeks,
            lately.minutes,
            greatest(lately.first_active_on, memberships.valid_from) as first_active_on,
            memberships.assigned_tier_id as tier_id
        from lately
        cross join context
        inner join
            memberships
            on lately.account_id = memberships.account_id
            and memberships.valid_from < {{ add_days("lately.week_start", 7) }}
            and coalesce(memberships.valid_to > lately.first_active_on, true)
            and coalesce(memberships.previous_valid_to <= lately.first_active_on, true)
        where
            greatest(lately.first_active_on, memberships.valid_from) <= context.as_of
            and lately.week_start >= {{ add_days("context.this_week", -104 * 7) }}
    ),

    observed as (
        select
            account_id,
            week_start,
            first_active_on,
            tier_id,
            cast(coalesce(minutes, 0) as double) as observed_minutes_13w,
            case when is_tracked_long then weeks else 0 end as weeks_observed,
            case
                when is_tracked_long and weeks > 0 then cast(minutes as double) / weeks / 60
            end as hours_a_week
        from placed
    ),

    tier_means as (
        select
            week_start,
            tier_id,
            {{ exact_sum("hours_a_week") }} / count(hours_a_week) as hours_a_week
        from observed
        group by week_start, tier_id
        having count(hours_a_week) > 0
    ),

    planned as (
        select
            holds_from,
            tier_id,
            {{ exact_sum(yearly_hours("per_year", "expected_minutes")) }} as hours
        from standards
        where coalesce({{ list_length(json_keys_of("segment_filter")) }}, 0) = 0
        group by holds_from, tier_id
    ),

    planned_for_segments as (
        select
            observed.account_id,
            observed.week_start,
            {{ exact_sum(yearly_hours("standards.per_year", "standards.expected_minutes")) }}
            as hours
        from observed
        inner join
            segments
            on observed.account_id = segments.account_id
            and {{ holds_on("segments", "holds_from", "holds_to", "observed.first_active_on") }}
        inner join
            standards
            on segments.standard_number = standards.standard_number
            and observed.tier_id = standards.tier_id
            and {{ holds_on("standards", "holds_from", "holds_to", "observed.first_active_on") }}
        group by observed.account_id, observed.week_start
    ),

    shrunk as (
        select
            observed.*,
            tiers.holds_from,
            models.reactive_shrink_k,
            coalesce(
                tier_means.hours_a_week, tiers.reactive_hours_per_year / 52, 0
            ) as tier_hours_a_week,
            {{ complexity_multiplier("models", "histories.complexity") }} as complexity_multiplier
        from observed
        inner join
            models on {{ holds_on("models", "holds_from", "holds_to", "observed.first_active_on") }}
        left join
            tiers
            on observed.tier_id = tiers.tier_id
            and {{ holds_on("tiers", "holds_from", "holds_to", "observed.first_active_on") }}
        left join
            tier_means
            on observed.week_start = tier_means.week_start
            and observed.tier_id = tier_means.tier_id
        left join
            histories
            on observed.account_id = histories.account_id
            and {{ holds_on("histories", "valid_from", "valid_to", "observed.first_active_on") }}
    ),

    estimated as (
        select
            *,
            case
                when weeks_observed = 0
                then tier_hours_a_week
                else
                    (weeks_observed * hours_a_week + reactive_shrink_k * tier_hours_a_week)
                    / (weeks_observed + reactive_shrink_k)
            end
            * 52 as reactive_hours_per_year
        from shrunk
    ),

    final as (
        select
            estimated.account_id,
            estimated.week_start,
            estimated.tier_id,
            estimated.observed_minutes_13w,
            estimated.weeks_observed,
            estimated.reactive_hours_per_year,
            (coalesce(planned.hours, 0) + coalesce(planned_for_segments.hours, 0))
            * estimated.complexity_multiplier
            + estimated.reactive_hours_per_year as base_hours_per_year
        from estimated
        left join
            planned
            on estimated.holds_from = planned.holds_from
            and estimated.tier_id = planned.tier_id
        left join
            planned_for_segments
            on estimated.account_id = planned_for_segments.account_id
            and estimated.week_start = planned_for_segments.week_start
    )

select *
from final
