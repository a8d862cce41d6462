-- Coverage to standard of each tier in each month and quarter, twice: as the data say now, and as
-- it was first published after the period had closed.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    restated as (select * from {{ ref("int_coverage_tier_today") }}),

    reported as (
        select
            reports.tier_id,
            reports.period_type,
            reports.period_start,
            reports.period_end,
            reports.reported_as_of,
            reports.config_version,
            {% for name, type in coverage_measures().items() -%}
                {{ json_value("reports.measures", name, type) }} as {{ name }},
            {% endfor -%}
        from {{ source("meta", "reported_coverage") }} as reports
        inner join context on reports.reported_as_of <= context.as_of
    ),

    not_yet_reported as (
        select restated.*
        from restated
        left join
            reported
            on restated.tier_id = reported.tier_id
            and restated.period_type = reported.period_type
            and restated.period_start = reported.period_start
        where restated.is_closed and reported.tier_id is null
    ),

    {% set rows = [
        {
            "relation": "restated",
            "basis": "restated",
            "is_closed": "restated.is_closed",
            "reported_on": "cast(null as date)",
            "reported_by": "cast(null as varchar)",
        },
        {
            "relation": "reported",
            "basis": "first_reported",
            "is_closed": "true",
            "reported_on": "reported.reported_as_of",
            "reported_by": "reported.config_version",
        },
        {
            "relation": "not_yet_reported",
            "basis": "first_reported",
            "is_closed": "true",
            "reported_on": "context.as_of",
            "reported_by": "context.config_version",
        },
    ] %}
    final as (
        {% for row in rows %}
            select
                {{ row.relation }}.tier_id,
                {{ row.relation }}.period_type,
                {{ row.relation }}.period_start,
                {{ row.relation }}.period_end,
                '{{ row.basis }}' as basis,
                {{ row.is_closed }} as is_period_closed,
                {{ row.reported_on }} as first_reported_on,
                {{ row.reported_by }} as first_reported_config_version,
                {% for name in coverage_measures() -%} {{ row.relation }}.{{ name }}, {% endfor -%}
                context.as_of as as_of_date,
                context.config_version
            from {{ row.relation }}
            cross join context
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )

select *
from final
order by tier_id, period_type, period_start, basis
