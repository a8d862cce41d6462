{# What signals say in DuckDB and Spark SQL differently. #}
{# A number as JSON writes it: without a point where it is whole. #}
{% macro number_text(number) -%}
    {{ return(adapter.dispatch("number_text")(number)) }}
{%- endmacro %}
{% macro duckdb__number_text(number) -%}
    regexp_replace(cast(cast({{ number }} as double) as varchar), '[.]0$', '')
{%- endmacro %}
{% macro spark__number_text(number) -%}
    regexp_replace(cast(cast({{ number }} as double) as string), '[.]0$', '')
{%- endmacro %}

{# The instant at which a local day begins. #}
{% macro start_of_day(day, time_zone) -%}
    {{ return(adapter.dispatch("start_of_day")(day, time_zone)) }}
{%- endmacro %}
{% macro duckdb__start_of_day(day, time_zone) -%}
    timezone({{ time_zone }}, cast({{ day }} as timestamp))
{%- endmacro %}
{% macro spark__start_of_day(day, time_zone) -%}
    to_utc_timestamp(cast({{ day }} as timestamp), {{ time_zone }})
{%- endmacro %}
