-- How far a tier's share of good obligations would vary if its accounts were others: obligations
-- cluster in accounts, so accounts are drawn anew.
{{
    config(
        schema="core",
        post_hook="{{ remember_intervals('obligation_cts_low', 'obligation_cts_high') }}",
    )
}}
with
    clustered as (
        select
            'obligation_cts' as metric,
            tier_id,
            period_type,
            period_start,
            account_id,
            obligations_good as part,
            obligations_counted as whole
        from {{ ref("mart_coverage_account_period") }}
        where obligations_counted > 0
    ),

    {{ bootstrapped() }},

    final as (
        select
            tier_id,
            period_type,
            period_start,
            low as obligation_cts_low,
            high as obligation_cts_high,
            drawn_for
        from bounds
    )

select *
from final
order by tier_id, period_type, period_start
