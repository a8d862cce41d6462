-- How far rates of money would vary if a tier's accounts were others, drawn anew: renewal rates by
-- the accounts whose terms were due, retention by the cohort. Of the tiers that accounts were in
-- then; in whole cents, so that sums are the same in any order.
{{ config(schema="core", post_hook="{{ remember_intervals('low', 'high') }}") }}
with
    renewals as (
        select
            tier_id,
            period_type,
            period_start,
            account_id,
            {{ exact_sum("retained_arr") }} as retained_arr,
            {{ exact_sum("renewed_arr") }} as renewed_arr,
            {{ exact_sum("atr") }} as atr
        from {{ ref("int_outcome_renewal") }}
        where attribution = 'tier_then' and atr is not null
        group by tier_id, period_type, period_start, account_id
    ),

    cohort as (
        select tier_id, period_type, period_start, account_id, arr_kept, arr_end, arr_then
        from {{ ref("int_outcome_cohort") }}
        where attribution = 'tier_then' and not has_unknown
    ),

    {% set ratios = {
        "gross_renewal_rate": ["renewals", "retained_arr", "atr"],
        "net_renewal_rate": ["renewals", "renewed_arr", "atr"],
        "grr": ["cohort", "arr_kept", "arr_then"],
        "nrr": ["cohort", "arr_end", "arr_then"],
    } %}
    clustered as (
        {% for metric, (relation, part, whole) in ratios.items() %}
            select
                '{{ metric }}' as metric,
                tier_id,
                period_type,
                period_start,
                account_id,
                cast(floor({{ part }} * 100 + 0.5) as bigint) as part,
                cast(floor({{ whole }} * 100 + 0.5) as bigint) as whole
            from {{ relation }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    {{ bootstrapped() }},

    final as (select metric, tier_id, period_type, period_start, low, high, drawn_for from bounds)

select *
from final
order by metric, tier_id, period_type, period_start
