{# A period's numbers twice: as the data say now, and as first published after it had closed. #}
{# The CTEs `reported`, `not_yet_reported` and `final` of a mart that is first reported. The mart has
   the CTEs `context`, and `restated`: its rows of today with `period_end`, `is_closed` and the
   measures (name: type) beside the key. `table` is the mart's name, under which it was landed. #}
{% macro restated_and_first_reported(table, key, measures) %}
    reported as (
        select
            {% for name in key -%} reports.{{ name }}, {% endfor -%}
            reports.period_end,
            reports.reported_as_of,
            reports.config_version
            {%- for name, type in measures.items() %}
                , {{ json_value("reports.measures", name, type) }} as {{ name }}
            {%- endfor %}
        from {{ source("meta", "first_report") }} as reports
        inner join context on reports.reported_as_of <= context.as_of
        where reports.table_name = '{{ table }}'
    ),

    not_yet_reported as (
        select restated.*
        from restated
        left join
            reported
            on {% for name in key %}
                {{- "and " if not loop.first }}restated.{{ name }} = reported.{{ name }}
            {% endfor %}
        where restated.is_closed and reported.period_end is null
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
                {% for name in key -%} {{ row.relation }}.{{ name }}, {% endfor -%}
                {{ row.relation }}.period_end,
                '{{ row.basis }}' as basis,
                {{ row.is_closed }} as is_period_closed,
                {{ row.reported_on }} as first_reported_on,
                {{ row.reported_by }} as first_reported_config_version,
                {% for name in measures -%} {{ row.relation }}.{{ name }}, {% endfor -%}
                context.as_of as as_of_date,
                context.config_version
            from {{ row.relation }}
            cross join context
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )
{% endmacro %}
