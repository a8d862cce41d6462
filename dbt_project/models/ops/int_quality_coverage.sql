-- Tiers that waive more than a tenth of what they owe: a waiver takes a miss out of the
-- denominator. Looked at in the newest quarter that has closed.
{{ config(schema="core") }}
with
    tiers as (
        select *
        from {{ ref("mart_coverage_tier_period") }}
        where
            basis = 'restated' and period_type = 'quarter' and is_period_closed and tier_id <> 'ALL'
    ),

    newest as (select max(period_start) as period_start from tiers),

    final as (
        select
            'waived_over_a_tenth:' || tiers.tier_id as check_id,
            cast(null as varchar) as source_name,
            'exceptions' as entity,
            'warning' as severity,
            tiers.excluded_waived as rows_failed,
            tiers.obligations_counted + tiers.excluded_waived as rows_total,
            [tiers.tier_id] as sample,
            '{failed} of {total} obligations of '
            || tiers.tier_id
            || ' that closed from '
            || cast(tiers.period_start as varchar)
            || ' to '
            || cast(tiers.period_end as varchar)
            || ' were waived, more than a tenth: coverage looks better than it is. Review the '
            || 'waivers in exceptions, or lower the standard.' as message
        from tiers
        inner join newest on tiers.period_start = newest.period_start
        where tiers.waived_rate > 0.1
    )

select *
from final
order by check_id
