-- Months and quarters from the first day on which any account had a tier to as_of, with what the
-- model in force on their last day says of reporting them.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    models as (select * from {{ ref("cfg_model") }}),

    history as (select min(valid_from) as first_on from {{ ref("tier_membership_scd2") }}),

    months as (
        select
            cast(
                {{ rows_of(months_between_dates("history.first_on", "context.as_of")) }} as date
            ) as month_start
        from history
        cross join context
        where history.first_on <= context.as_of
    ),

    periods as (
        select distinct
            period_type,
            period_start,
            case
                period_type
                when 'month'
                then last_day(period_start)
                else last_day(cast(period_start + interval '2' month as date))
            end as period_end
        from ({{ in_periods("months", "month_start") }}) as month_periods
    ),

    closing as (
        select
            periods.*,
            models.unresponsive_counts_as,
            models.low_n,
            {{ business_day_after("closing_days", "periods.period_end", "models.period_close_bd") }}
            as closes_on
        from periods
        left join
            models
            on periods.period_end >= models.holds_from
            and coalesce(periods.period_end < models.holds_to, true)
            {{
                joined_business_day(
                    "closing_days", "''", "periods.period_end", "models.period_close_bd"
                )
            }}
    ),

    final as (
        select
            closing.period_type,
            closing.period_start,
            closing.period_end,
            closing.closes_on,
            coalesce(context.as_of >= closing.closes_on, false) as is_closed,
            closing.unresponsive_counts_as,
            closing.low_n
        from closing
        cross join context
    )

select *
from final
order by period_type, period_start
