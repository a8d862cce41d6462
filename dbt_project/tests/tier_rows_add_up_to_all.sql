-- All tiers together are the tiers' numerators and denominators, never an average of their rates.
{{ config(meta={"dagster": {"ref": {"name": "mart_coverage_tier_period"}}}) }}
{% set marts = {
    "mart_coverage_tier_period": [
        "accounts_active",
        "accounts_evaluable",
        "accounts_covered",
        "obligations_counted",
        "obligations_delivered",
        "obligations_on_time",
        "obligations_to_standard",
        "obligations_good",
        "obligations_excluded",
    ],
    "mart_outcomes_tier_period": [
        "accounts_due",
        "accounts_renewed",
        "terms_due",
        "atr",
        "retained_arr",
        "renewed_arr",
        "cohort_accounts",
        "cohort_accounts_kept",
        "cohort_arr",
        "cohort_arr_kept",
        "cohort_arr_now",
    ],
} %}
with
    {% for mart, sums in marts.items() %}
        {% set key = "period_type, period_start" ~ (
            ", attribution" if mart == "mart_outcomes_tier_period" else ""
        ) %}
        {{ mart }} as (
            select {{ key }}
            from {{ ref(mart) }}
            where basis = 'restated'
            group by {{ key }}
            having
                {% for name in sums %}
                    {{ "or" if not loop.first }}
                    abs(sum(case when tier_id = 'ALL' then {{ name }} else -{{ name }} end)) > 1e-3
                {% endfor %}
                or count(*) filter (where tier_id = 'ALL') <> 1
        ) {{- "," if not loop.last }}
    {% endfor %}

{% for mart in marts %}
    select '{{ mart }}' as mart, period_type, period_start
    from {{ mart }}
    {% if not loop.last %}
        union all
    {% endif %}
{% endfor %}
