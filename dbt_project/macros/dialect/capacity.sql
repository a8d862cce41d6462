{# What capacity says in DuckDB and Spark SQL differently. #}
{# Each Monday from one Monday to another, both included, as a list. #}
{% macro weeks_between_dates(first, last) -%}
    {{ return(adapter.dispatch("weeks_between_dates")(first, last)) }}
{%- endmacro %}
{% macro duckdb__weeks_between_dates(first, last) -%}
    generate_series({{ first }}, {{ last }}, interval 7 day)
{%- endmacro %}
{% macro spark__weeks_between_dates(first, last) -%}
    case
        when {{ first }} <= {{ last }}
        then sequence({{ first }}, {{ last }}, interval 7 day)
        else array()
    end
{%- endmacro %}
