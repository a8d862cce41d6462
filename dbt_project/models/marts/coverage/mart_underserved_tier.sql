-- Which tiers fall short of their target, by how much, and why: one row for each cause of each tier
-- and period, in the order in which causes are tried. And which are covered to no avail: their
-- renewals of the last four quarters fall short of what tiers reach on average.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    tiers as (select * from {{ ref("mart_coverage_tier_period") }} where basis = 'restated'),

    uncovered as (
        select tier_id, period_type, period_start, cause, arr
        from {{ ref("mart_coverage_account_period") }}
        where cause is not null
    ),

    uncovered_and_all as (
        select *
        from uncovered
        union all
        select 'ALL' as tier_id, period_type, period_start, cause, arr
        from uncovered
    ),

    outcomes as (
        select tier_id, period_end, logo_renewal_rate, logo_renewal_rate_low, logo_renewal_rate_high
        from {{ ref("mart_outcomes_tier_period") }}
        where
            basis = 'restated'
            and attribution = 'tier_then'
            and period_type = 'trailing_12m'
            and month(period_end) % 3 = 0
    ),

    expectations as (
        select
            period_end, {{ exact_sum("logo_renewal_rate", 15) }} / count(*) as expected_renewal_rate
        from outcomes
        where tier_id not in ('ALL', 'NONE') and logo_renewal_rate is not null
        group by period_end
        having count(*) > 1
    ),

    latest_outcomes as (
        select tiers.period_type, tiers.period_start, max(outcomes.period_end) as period_end
        from tiers
        inner join outcomes on tiers.period_end >= outcomes.period_end
        group by tiers.period_type, tiers.period_start
    ),

    outcomes_in_periods as (
        select
            latest_outcomes.period_type,
            latest_outcomes.period_start,
            outcomes.tier_id,
            outcomes.logo_renewal_rate,
            outcomes.logo_renewal_rate_low,
            outcomes.logo_renewal_rate_high,
            case
                when outcomes.tier_id <> 'ALL' then expectations.expected_renewal_rate
            end as expected_renewal_rate
        from latest_outcomes
        inner join outcomes on latest_outcomes.period_end = outcomes.period_end
        left join expectations on latest_outcomes.period_end = expectations.period_end
    ),

    by_cause as (
        select
            tier_id,
            period_type,
            period_start,
            cause,
            count(*) as accounts,
            {{ exact_sum("arr") }} as arr
        from uncovered_and_all
        group by tier_id, period_type, period_start, cause
    ),

    causes as (
        {% for cause in coverage_causes() %}
            select '{{ cause.name }}' as cause, {{ loop.index }} as cause_order
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    gaps as (
        select
            *,
            accounts_evaluable - accounts_covered as accounts_uncovered,
            arr_evaluable - arr_covered as arr_gap,
            case
                when account_cts is null or target_cts is null
                then null
                when account_cts_high < target_cts
                then target_cts - account_cts
                else 0
            end as gap
        from tiers
    ),

    ranked as (
        select
            *,
            case
                when gap is not null
                then
                    rank() over (
                        partition by period_type, period_start, gap is null
                        order by gap desc, arr_gap desc nulls last
                    )
            end as gap_rank
        from gaps
    ),

    final as (
        select
            ranked.tier_id,
            ranked.period_type,
            ranked.period_start,
            ranked.period_end,
            causes.cause,
            causes.cause_order,
            case
                when ranked.account_cts is not null
                then cast(coalesce(by_cause.accounts, 0) as bigint)
            end as accounts,
            {{ share("coalesce(by_cause.accounts, 0)", "ranked.accounts_uncovered") }}
            as uncovered_share,
            case
                when ranked.account_cts is null
                then null
                when by_cause.accounts is null
                then 0
                else by_cause.arr
            end as arr,
            ranked.accounts_evaluable,
            ranked.accounts_covered,
            ranked.account_cts,
            ranked.account_cts_low,
            ranked.account_cts_high,
            ranked.target_cts,
            ranked.gap,
            ranked.arr_gap,
            cast(ranked.gap_rank as bigint) as gap_rank,
            outcomes_in_periods.logo_renewal_rate,
            outcomes_in_periods.logo_renewal_rate_low,
            outcomes_in_periods.logo_renewal_rate_high,
            outcomes_in_periods.expected_renewal_rate,
            outcomes_in_periods.logo_renewal_rate_high
            < outcomes_in_periods.expected_renewal_rate as is_outcome_below,
            case
                when ranked.account_cts is null
                then 'not_measurable'
                when ranked.target_cts is null
                then null
                when ranked.gap > 0
                then 'undercovered'
                when
                    outcomes_in_periods.logo_renewal_rate_high
                    < outcomes_in_periods.expected_renewal_rate
                then 'covered_no_value'
                else 'covered'
            end as verdict,
            context.as_of as as_of_date,
            context.config_version
        from ranked
        cross join context
        cross join causes
        left join
            by_cause
            on ranked.tier_id = by_cause.tier_id
            and ranked.period_type = by_cause.period_type
            and ranked.period_start = by_cause.period_start
            and causes.cause = by_cause.cause
        left join
            outcomes_in_periods
            on ranked.tier_id = outcomes_in_periods.tier_id
            and ranked.period_type = outcomes_in_periods.period_type
            and ranked.period_start = outcomes_in_periods.period_start
    )

select *
from final
order by tier_id, period_type, period_start, cause_order
