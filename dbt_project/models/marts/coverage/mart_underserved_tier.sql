-- Which tiers fall short of their target, by how much, and why: one row for each cause of each tier
-- and period, in the order in which causes are tried.
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
            case
                when ranked.account_cts is null
                then 'not_measurable'
                when ranked.target_cts is null
                then null
                when ranked.gap > 0
                then 'undercovered'
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
    )

select *
from final
order by tier_id, period_type, period_start, cause_order
