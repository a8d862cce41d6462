-- Why a rate of all tiers moved from one quarter to another: because tiers' own rates did, or
-- because tiers came to weigh more or less. By midpoints, so that the parts of all tiers add up to
-- the whole.
{% set metrics = {
    "logo_renewal_rate": ["outcomes", "quarter", "accounts_due"],
    "gross_renewal_rate": ["outcomes", "quarter", "atr"],
    "grr": ["outcomes", "trailing_12m", "cohort_arr"],
    "nrr": ["outcomes", "trailing_12m", "cohort_arr"],
    "account_cts": ["coverage", "quarter", "accounts_evaluable"],
} %}
{% set comparisons = {"quarter_before": 3, "year_before": 12} %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    outcomes as (
        select *
        from {{ ref("mart_outcomes_tier_period") }}
        where basis = 'restated' and attribution = 'tier_then'
    ),

    coverage as (select * from {{ ref("mart_coverage_tier_period") }} where basis = 'restated'),

    rates as (
        {% for metric, (relation, period_type, weight) in metrics.items() %}
            select
                '{{ metric }}' as metric,
                tier_id,
                cast(date_trunc('quarter', period_end) as date) as period_start,
                period_end,
                {{ metric }} as rate,
                cast({{ weight }} as double) as weight
            from {{ relation }}
            cross join context
            where
                period_type = '{{ period_type }}'
                and period_end <= context.as_of
                and period_end
                = last_day({{ months_later("cast(date_trunc('quarter', period_end) as date)", 2) }})
                and {{ metric }} is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    weighed as (
        select
            tiers.metric,
            tiers.tier_id,
            tiers.period_start,
            tiers.rate,
            tiers.weight,
            {{ share("tiers.weight", "aggregates.weight") }} as weight_share,
            aggregates.rate as aggregate_rate,
            aggregates.period_end
        from rates as tiers
        inner join
            rates as aggregates
            on tiers.metric = aggregates.metric
            and tiers.period_start = aggregates.period_start
        where aggregates.tier_id = 'ALL'
    ),

    pairs as (
        {% for comparison, months in comparisons.items() %}
            select
                '{{ comparison }}' as comparison,
                aggregates.metric,
                aggregates.period_start,
                aggregates.period_end,
                before.period_start as base_period_start,
                before.period_end as base_period_end,
                before.aggregate_rate as aggregate_before,
                aggregates.aggregate_rate as aggregate_after
            from weighed as aggregates
            inner join
                weighed as before
                on aggregates.metric = before.metric
                and before.tier_id = 'ALL'
                and {{ months_later("aggregates.period_start", -months) }} = before.period_start
            where aggregates.tier_id = 'ALL'
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    tiers as (
        select distinct pairs.*, weighed.tier_id
        from pairs
        inner join
            weighed
            on pairs.metric = weighed.metric
            and weighed.period_start in (pairs.period_start, pairs.base_period_start)
        where weighed.tier_id <> 'ALL'
    ),

    compared as (
        select
            tiers.*,
            before.rate as rate_before,
            after.rate as rate_after,
            coalesce(before.weight, 0) as weight_before,
            coalesce(after.weight, 0) as weight_after,
            coalesce(before.weight_share, 0) as share_before,
            coalesce(after.weight_share, 0) as share_after,
            -- A tier that was not there before had the rate that it has now, and the reverse.
            coalesce(before.rate, after.rate) as rate_from,
            coalesce(after.rate, before.rate) as rate_to
        from tiers
        left join
            weighed as before
            on tiers.metric = before.metric
            and tiers.tier_id = before.tier_id
            and tiers.base_period_start = before.period_start
        left join
            weighed as after
            on tiers.metric = after.metric
            and tiers.tier_id = after.tier_id
            and tiers.period_start = after.period_start
    ),

    effects as (
        select
            *,
            round((share_before + share_after) / 2 * (rate_to - rate_from), 12) as rate_effect,
            round(
                (share_after - share_before)
                * ((rate_from + rate_to) / 2 - (aggregate_before + aggregate_after) / 2),
                12
            ) as mix_effect
        from compared
    ),

    {% set columns = [
        "metric",
        "comparison",
        "period_start",
        "period_end",
        "base_period_start",
        "base_period_end",
    ] %}
    effects_and_all as (
        select
            {% for name in columns -%} {{ name }}, {% endfor -%}
            tier_id,
            rate_before,
            rate_after,
            weight_before,
            weight_after,
            share_before,
            share_after,
            rate_effect,
            mix_effect
        from effects
        union all
        select
            {% for name in columns -%} {{ name }}, {% endfor -%}
            'ALL' as tier_id,
            aggregate_before as rate_before,
            aggregate_after as rate_after,
            {{ exact_sum("weight_before") }} as weight_before,
            {{ exact_sum("weight_after") }} as weight_after,
            1 as share_before,
            1 as share_after,
            {{ exact_sum("rate_effect", 12) }} as rate_effect,
            {{ exact_sum("mix_effect", 12) }} as mix_effect
        from effects
        group by {{ columns | join(", ") }}, aggregate_before, aggregate_after
    ),

    final as (
        select
            effects_and_all.metric,
            effects_and_all.comparison,
            effects_and_all.tier_id,
            effects_and_all.period_start,
            effects_and_all.period_end,
            effects_and_all.base_period_start,
            effects_and_all.base_period_end,
            effects_and_all.rate_before,
            effects_and_all.rate_after,
            effects_and_all.weight_before,
            effects_and_all.weight_after,
            cast(effects_and_all.share_before as double) as weight_share_before,
            cast(effects_and_all.share_after as double) as weight_share_after,
            effects_and_all.rate_effect,
            effects_and_all.mix_effect,
            round(effects_and_all.rate_effect + effects_and_all.mix_effect, 12) as total,
            context.as_of as as_of_date,
            context.config_version
        from effects_and_all
        cross join context
    )

select *
from final
order by metric, comparison, period_start, tier_id
