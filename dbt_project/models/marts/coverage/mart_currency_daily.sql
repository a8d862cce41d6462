-- The share of each tier's accounts that are behind on nothing, day by day up to as_of, as the data
-- say now.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    memberships as (
        select account_id, assigned_tier_id as tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
        where assigned_tier_id is not null
    ),

    overdue as (
        select distinct account_id, tier_id, overdue_from, overdue_to
        from {{ ref("int_obligation_overdue") }}
    ),

    -- Whether a tier can be judged does not change within a month.
    measured as (
        select tier_id, period_start, period_end
        from {{ ref("int_coverage_cell") }}
        where period_type = 'month' and is_measurable
    ),

    -- Spans of one account that touch or overlap are one stretch of being behind.
    marked as (
        select
            *,
            case
                when
                    overdue_from <= max(coalesce(overdue_to, date '9999-12-31')) over (
                        partition by account_id, tier_id
                        order by overdue_from, overdue_to nulls last
                        rows between unbounded preceding and 1 preceding
                    )
                then 0
                else 1
            end as is_new_stretch
        from overdue
    ),

    numbered as (
        select
            *,
            sum(is_new_stretch) over (
                partition by account_id, tier_id
                order by overdue_from, overdue_to nulls last
                rows between unbounded preceding and current row
            ) as stretch
        from marked
    ),

    stretches as (
        select
            tier_id,
            min(overdue_from) as overdue_from,
            max(coalesce(overdue_to, date '9999-12-31')) as overdue_to
        from numbered
        group by account_id, tier_id, stretch
    ),

    changes as (
        select tier_id, valid_from as day, 1 as active_change, 0 as overdue_change
        from memberships
        union all
        select tier_id, valid_to as day, -1 as active_change, 0 as overdue_change
        from memberships
        where valid_to is not null
        union all
        select tier_id, overdue_from as day, 0 as active_change, 1 as overdue_change
        from stretches
        union all
        select tier_id, overdue_to as day, 0 as active_change, -1 as overdue_change
        from stretches
    ),

    changed_by_day as (
        select
            tier_id, day, sum(active_change) as active_change, sum(overdue_change) as overdue_change
        from changes
        group by tier_id, day
    ),

    first_days as (select tier_id, min(valid_from) as first_on from memberships group by tier_id),

    tier_days as (
        select
            first_days.tier_id,
            cast(
                {{ rows_of(days_between_dates("first_days.first_on", "context.as_of")) }} as date
            ) as day
        from first_days
        cross join context
        where first_days.first_on <= context.as_of
    ),

    standing as (
        select
            tier_days.tier_id,
            tier_days.day,
            sum(coalesce(changed_by_day.active_change, 0)) over (
                partition by tier_days.tier_id
                order by tier_days.day
                rows between unbounded preceding and current row
            ) as accounts_active,
            sum(coalesce(changed_by_day.overdue_change, 0)) over (
                partition by tier_days.tier_id
                order by tier_days.day
                rows between unbounded preceding and current row
            ) as accounts_overdue
        from tier_days
        left join
            changed_by_day
            on tier_days.tier_id = changed_by_day.tier_id
            and tier_days.day = changed_by_day.day
    ),

    judged as (
        select
            standing.tier_id,
            standing.day,
            standing.accounts_active,
            case
                when measured.tier_id is not null then standing.accounts_active
            end as accounts_judged,
            case
                when measured.tier_id is not null then standing.accounts_overdue
            end as accounts_overdue
        from standing
        left join
            measured
            on standing.tier_id = measured.tier_id
            and standing.day between measured.period_start and measured.period_end
    ),

    everything as (
        select *
        from judged
        union all
        select
            'ALL' as tier_id,
            day,
            sum(accounts_active) as accounts_active,
            sum(accounts_judged) as accounts_judged,
            sum(accounts_overdue) as accounts_overdue
        from judged
        group by day
    ),

    final as (
        select
            everything.tier_id,
            everything.day as as_of_on,
            cast(everything.accounts_active as bigint) as accounts_active,
            cast(everything.accounts_judged as bigint) as accounts_judged,
            cast(everything.accounts_overdue as bigint) as accounts_overdue,
            {{
                share(
                    "everything.accounts_judged - everything.accounts_overdue",
                    "everything.accounts_judged",
                )
            }} as current_rate,
            context.as_of as as_of_date,
            context.config_version
        from everything
        cross join context
    )

select *
from final
order by tier_id, as_of_on
