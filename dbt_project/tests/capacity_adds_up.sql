-- Parts that do not make up their whole: a tier's hours, tiers beside ALL, the drivers of a change
-- of need. An account's parts are rounded to the sixth place each, so that a sum over many accounts
-- may be off by some millionths of an hour for each of them.
{{ config(meta={"dagster": {"ref": {"name": "mart_capacity_tier"}}}) }}
with
    capacity as (select * from {{ ref("mart_capacity_tier") }}),

    bridges as (
        select
            tier_id,
            sum(effect_fte) as effects,
            max(needed_fte_change) as change,
            max(comparison || ' ' || cast(period_end as varchar)) as compared
        from {{ ref("mart_ratio_bridge") }}
        group by tier_id, comparison, period_end
    ),

    aggregates as (
        select
            sum(case when tier_id = 'ALL' then - accounts else accounts end) as accounts,
            sum(case when tier_id = 'ALL' then - fte else fte end) as fte,
            sum(
                case when tier_id = 'ALL' then - supply_hours else supply_hours end
            ) as supply_hours,
            sum(
                case when tier_id = 'ALL' then - required_hours else required_hours end
            ) as required_hours
        from capacity
    )

select 'the parts of what ' || tier_id || ' needs do not add up' as message
from capacity
where
    abs(required_hours - proactive_hours - reactive_hours - conditional_hours - onboarding_hours)
    > 0.001 + 0.000003 * accounts
union all
select 'tiers do not add up to ALL' as message
from aggregates
where
    accounts <> 0 or abs(fte) > 0.00001 or abs(supply_hours) > 0.001 or abs(required_hours) > 0.001
union all
select 'the drivers of ' || tier_id || ' do not add up to its change, ' || compared as message
from bridges
where abs(effects - change) > 0.000001
