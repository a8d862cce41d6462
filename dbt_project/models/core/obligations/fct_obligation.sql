-- The ledger: every engagement that an account was owed, when, and what became of it. Tier,
-- standard, owner and dates are those of the day on which the window opened.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    standards as (select * from {{ ref("int_obligation_standard") }}),

    models as (select * from {{ ref("cfg_model") }}),

    leads as (select * from {{ ref("int_account_lead") }}),

    calendars as (select account_id, calendar from {{ ref("int_account_calendar") }}),

    attempts as (select * from {{ ref("int_obligation_attempt") }}),

    obligations as (select * from {{ ref("int_obligation") }}),

    maturing as (
        select
            obligations.*,
            models.unresponsive_attempts,
            models.unresponsive_channels,
            models.unresponsive_spread_bd,
            {{ business_day_after("maturity", "obligations.closes_on", "models.logging_lag_bd") }}
            as matures_on
        from obligations
        inner join
            models
            on {{ holds_on("models", "holds_from", "holds_to", "obligations.window_open_on") }}
        left join
            calendars on obligations.account_id = calendars.account_id
            {{
                joined_business_day(
                    "maturity",
                    "calendars.calendar",
                    "obligations.closes_on",
                    "models.logging_lag_bd",
                )
            }}
    ),

    final as (
        select
            maturing.obligation_id,
            maturing.account_id,
            maturing.family,
            maturing.cycle_key,
            maturing.schedule_type,
            standards.tier_id,
            standards.standard_version,
            case
                when standards.owner = 'csm' then coalesce(leads.user_id, leads.user_email)
            end as owner_user_id,
            leads.pool as owner_pool,
            maturing.opened_on,
            maturing.window_open_on,
            maturing.due_on,
            maturing.closes_on,
            maturing.original_due_on,
            maturing.timeliness,
            maturing.quality,
            case
                when maturing.fulfilled_on is not null then coalesce(maturing.failed_conditions, [])
            end as failed_conditions,
            case
                when maturing.exclusion_reason is null then 'counted' else 'excluded'
            end as disposition,
            maturing.exclusion_reason,
            maturing.excluded_on,
            maturing.fulfilled_on,
            maturing.activity_id as fulfilled_by_activity_id,
            cast(
                {{ days_between("maturing.due_on", "maturing.fulfilled_on") }} as integer
            ) as days_from_due,
            cast(coalesce(attempts.attempts, 0) as integer) as attempts,
            maturing.fulfilled_on is null
            and coalesce(
                attempts.attempts >= maturing.unresponsive_attempts
                and attempts.channels >= maturing.unresponsive_channels
                and attempts.business_days_apart >= maturing.unresponsive_spread_bd,
                false
            ) as is_customer_unresponsive,
            context.as_of < maturing.matures_on
            or (
                maturing.exclusion_reason is null and maturing.timeliness = 'open'
            ) as is_provisional,
            maturing.matures_on,
            maturing.is_short_notice,
            standards.is_required,
            standards.weight,
            standards.delivery_mode,
            standards.expected_minutes,
            context.as_of as as_of_date,
            context.config_version
        from maturing
        cross join context
        inner join standards on maturing.standard_number = standards.standard_number
        left join
            leads
            on maturing.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "maturing.opened_on") }}
        left join attempts on maturing.obligation_id = attempts.obligation_id
    )

select *
from final
