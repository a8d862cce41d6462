{# What health scores say in DuckDB and Spark SQL differently. #}
{# The value of a key of a map; NULL where it is not there. #}
{% macro map_value(map, key) -%}
    {{ return(adapter.dispatch("map_value")(map, key)) }}
{%- endmacro %}
{% macro duckdb__map_value(map, key) -%} map_extract_value({{ map }}, {{ key }}) {%- endmacro %}
{% macro spark__map_value(map, key) -%} element_at({{ map }}, {{ key }}) {%- endmacro %}

{# The element of a list at a place, from 1; NULL beyond its end. #}
{% macro element_of(list, place) -%}
    {{ return(adapter.dispatch("element_of")(list, place)) }}
{%- endmacro %}
{% macro duckdb__element_of(list, place) -%} {{ list }} [{{ place }}] {%- endmacro %}
{% macro spark__element_of(list, place) -%}
    get({{ list }}, cast({{ place }} as int) - 1)
{%- endmacro %}

{# The last value up to a row of a window that is not NULL. #}
{% macro last_known(value) -%} {{ return(adapter.dispatch("last_known")(value)) }} {%- endmacro %}
{% macro duckdb__last_known(value) -%} last_value({{ value }} ignore nulls) {%- endmacro %}
{% macro spark__last_known(value) -%} last_value({{ value }}, true) {%- endmacro %}

{# The score of a value by steps, pairs of bound and score in order: that of the first bound that
   the value is below. #}
{% macro step_score(steps, value) -%}
    {{ return(adapter.dispatch("step_score")(steps, value)) }}
{%- endmacro %}
{% macro duckdb__step_score(steps, value) -%}
    list_filter({{ steps }}, lambda step:{{ value }} < step[1])[1][2]
{%- endmacro %}
{% macro spark__step_score(steps, value) -%}
    filter({{ steps }}, step -> {{ value }} < step[0])[0][1]
{%- endmacro %}
