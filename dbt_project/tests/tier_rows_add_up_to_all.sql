-- All tiers together are the tiers' numerators and denominators, never an average of their rates.
with
    tiers as (
        select
            period_type,
            period_start,
            tier_id = 'ALL' as is_all,
            {% set sums = [
                "accounts_active",
                "accounts_evaluable",
                "accounts_covered",
                "obligations_counted",
                "obligations_delivered",
                "obligations_on_time",
                "obligations_to_standard",
                "obligations_good",
                "obligations_excluded",
            ] -%}
            {% for name in sums -%}
                sum({{ name }}) as {{ name }} {{- "," if not loop.last }}
            {% endfor %}
        from {{ ref("mart_coverage_tier_period") }}
        where basis = 'restated'
        group by period_type, period_start, tier_id = 'ALL'
    )

select period_type, period_start
from tiers
group by period_type, period_start
having count(*) <> 2 {% for name in sums %} or min({{ name }}) <> max({{ name }}) {% endfor %}
