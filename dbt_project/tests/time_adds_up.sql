-- Time that does not add up: shares beyond the whole, tiers that are not all, verdicts that
-- contradict their numbers.
{{ config(meta={"dagster": {"ref": {"name": "mart_time_balance"}}}) }}
with
    allocation as (select * from {{ ref("mart_time_allocation") }}),

    balance as (select * from {{ ref("mart_time_balance") }}),

    shares as (
        select grain, user_id, tier_id, period_start
        from allocation
        where category <> 'not_working'
        group by grain, user_id, tier_id, period_start, tracked_minutes
        having
            abs(sum(minutes) - tracked_minutes) > 0.001 or abs(sum(share_of_tracked) - 1) > 0.000001
    ),

    tiers as (
        select 'tier_month' as grain, null as user_id, 'ALL' as tier_id, period_start
        from allocation
        where grain = 'tier_month'
        group by period_start
        having
            abs(
                sum(case when tier_id = 'ALL' then minutes else 0 end)
                - sum(case when tier_id <> 'ALL' then minutes else 0 end)
            )
            > 0.01
            or abs(
                sum(case when tier_id = 'ALL' then contracted_minutes else 0 end)
                - sum(case when tier_id <> 'ALL' then contracted_minutes else 0 end)
            )
            > 0.01
    ),

    verdicts as (
        select grain, user_id, tier_id, period_start
        from balance
        where
            abs(
                proactive_hours
                + reactive_hours
                + internal_hours
                + unclassified_hours
                - tracked_hours
            )
            > 0.001
            or coalesce(is_mostly_reactive, false) <> (verdict = 'mostly_reactive')
            or (is_mostly_reactive is null)
            <> (verdict in ('too_much_unaccounted', 'no_contracted_time', 'nothing_tracked'))
            or crowd_out_hours < 0
            or undocumented_meetings > customer_meetings
    ),

    final as (
        select *
        from shares
        union all
        select *
        from tiers
        union all
        select *
        from verdicts
    )

select *
from final
