-- The periods that outcomes are told of: each month and quarter, and the twelve months that end
-- with a quarter, or with the last whole month, where the day before they begin is known, too.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    periods as (
        select period_type, period_start, period_end, closes_on, is_closed, low_n
        from {{ ref("int_coverage_period") }}
    ),

    models as (select holds_from, holds_to, netting, top1_share_flag from {{ ref("cfg_model") }}),

    whole_months as (
        select periods.*
        from periods
        cross join context
        where periods.period_type = 'month' and periods.period_end <= context.as_of
    ),

    known_months as (
        select min(period_start) as first_start, max(period_start) as last_start from whole_months
    ),

    years as (
        select
            'trailing_12m' as period_type,
            {{ months_later("whole_months.period_start", "-11") }} as period_start,
            whole_months.period_end,
            whole_months.closes_on,
            whole_months.is_closed,
            whole_months.low_n
        from whole_months
        cross join known_months
        where
            (
                month(whole_months.period_start) % 3 = 0
                or whole_months.period_start = known_months.last_start
            )
            and {{ months_later("whole_months.period_start", "-11") }} > known_months.first_start
    ),

    all_periods as (
        select *
        from periods
        union all
        select *
        from years
    ),

    final as (
        select
            all_periods.period_type,
            all_periods.period_start,
            all_periods.period_end,
            all_periods.closes_on,
            all_periods.is_closed,
            all_periods.low_n,
            models.netting,
            models.top1_share_flag
        from all_periods
        left join
            models
            on all_periods.period_end >= models.holds_from
            and coalesce(all_periods.period_end < models.holds_to, true)
    )

select *
from final
order by period_type, period_start
