-- How loaded an obligation's owner was while it was owed: what all their accounts needed in these
-- weeks, over what they had to give. Running sums by owner, so that a window of any length takes
-- two look-ups.
{{ config(schema="core") }}
with
    weeks as (
        select
            {{ unit_of("user_id", "pool") }} as unit,
            week_start,
            case when supply_hours is not null then required_hours end as required_hours,
            case when required_hours is not null then supply_hours end as supply_hours
        from {{ ref("csm_capacity_week") }}
        where not is_forecast
    ),

    models as (select * from {{ ref("cfg_capacity") }}),

    obligations as (
        select
            obligation_id,
            {{ unit_of("owner_user_id", "owner_pool") }} as unit,
            window_open_on,
            closes_on
        from {{ ref("fct_obligation") }}
        where disposition = 'counted' and not is_provisional
    ),

    units as (select distinct unit from weeks where supply_hours is not null),

    mondays as (select distinct week_start from weeks),

    bounds as (select max(week_start) as last_week from weeks),

    running as (
        select
            units.unit,
            mondays.week_start,
            count(weeks.supply_hours) over so_far as weeks_known,
            sum(cast(coalesce(weeks.required_hours, 0) as decimal(28, 6))) over so_far
            as required_hours,
            sum(cast(coalesce(weeks.supply_hours, 0) as decimal(28, 6))) over so_far as supply_hours
        from units
        cross join mondays
        left join weeks on units.unit = weeks.unit and mondays.week_start = weeks.week_start
        window so_far as (partition by units.unit order by mondays.week_start)
    ),

    added as (
        select
            obligations.obligation_id,
            models.over_util,
            last_weeks.weeks_known - coalesce(weeks_before.weeks_known, 0) as weeks_known,
            cast(
                last_weeks.required_hours - coalesce(weeks_before.required_hours, 0) as double
            ) as required_hours,
            cast(
                last_weeks.supply_hours - coalesce(weeks_before.supply_hours, 0) as double
            ) as supply_hours
        from obligations
        cross join bounds
        inner join
            models
            on {{ holds_on("models", "holds_from", "holds_to", "obligations.window_open_on") }}
        inner join
            running as last_weeks
            on obligations.unit = last_weeks.unit
            and last_weeks.week_start
            = least({{ week_of("obligations.closes_on") }}, bounds.last_week)
        left join
            running as weeks_before
            on obligations.unit = weeks_before.unit
            and weeks_before.week_start = {{ add_days(week_of("obligations.window_open_on"), -7) }}
    ),

    final as (
        select
            obligation_id,
            required_hours,
            supply_hours,
            {{ share("required_hours", "supply_hours") }} as utilisation,
            required_hours > over_util * supply_hours as is_over_capacity
        from added
        where weeks_known > 0
    )

select *
from final
order by obligation_id
