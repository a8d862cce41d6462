-- Accounts per person, tier by tier and month by month: as it was, as it follows from standards and
-- capacity, and as others quote it. A number for all tiers mixes what differs.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    tiers as (select * from {{ ref("int_capacity_tier") }} where tier_id <> 'NONE'),

    coverage as (
        select tier_id, period_start, account_cts, target_cts
        from {{ ref("mart_coverage_tier_period") }}
        where basis = 'restated' and period_type = 'month'
    ),

    judged as (
        select
            tiers.*,
            cast(date_trunc('month', tiers.as_of_on) as date) as month_start,
            {{ share("tiers.accounts", "tiers.heads") }} as accounts_per_csm,
            {{ share("tiers.heads", "tiers.accounts") }} as csm_per_account,
            {{ share("tiers.fte", "tiers.accounts") }} as fte_per_account,
            {{ share("tiers.arr", "tiers.fte") }} as arr_per_fte,
            coverage.account_cts,
            coverage.target_cts,
            case
                when
                    tiers.accounts_per_fte is not null
                    and tiers.implied_accounts_per_fte is not null
                    and coverage.account_cts is not null
                    and coverage.target_cts is not null
                then
                    tiers.accounts_per_fte <= tiers.implied_accounts_per_fte
                    and coverage.account_cts < coverage.target_cts
            end as is_ratio_ok_but_undercovered
        from tiers
        left join
            coverage
            on tiers.tier_id = coverage.tier_id
            and cast(date_trunc('month', tiers.as_of_on) as date) = coverage.period_start
    ),

    ranges as (
        select
            as_of_on,
            max(accounts_per_fte) - min(accounts_per_fte) as between_tier_range,
            bool_or(is_ratio_ok_but_undercovered) as has_ratio_ok_but_undercovered
        from judged
        where tier_id <> 'ALL'
        group by as_of_on
    ),

    final as (
        select
            judged.tier_id,
            judged.month_start,
            judged.as_of_on,
            judged.accounts,
            judged.heads,
            judged.fte,
            judged.accounts_per_csm,
            judged.csm_per_account,
            judged.accounts_per_fte,
            judged.fte_per_account,
            judged.implied_accounts_per_fte,
            judged.reference_low,
            judged.reference_high,
            judged.utilisation,
            judged.arr_per_account_mean,
            judged.arr_per_account_median,
            judged.arr_per_account_p90,
            judged.arr_per_fte,
            judged.account_cts,
            judged.target_cts,
            case
                when judged.tier_id = 'ALL'
                then ranges.has_ratio_ok_but_undercovered
                else judged.is_ratio_ok_but_undercovered
            end as is_ratio_ok_but_undercovered,
            false as is_design_target,
            judged.tier_id = 'ALL' as has_mix_warning,
            case
                when judged.tier_id = 'ALL' then ranges.between_tier_range
            end as between_tier_range,
            context.as_of as as_of_date,
            context.config_version
        from judged
        cross join context
        left join ranges on judged.as_of_on = ranges.as_of_on
    )

select *
from final
order by month_start, tier_id
