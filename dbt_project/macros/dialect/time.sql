{# What the models of time say in DuckDB and Spark SQL differently. #}
{# The whole seconds of an instant since 1970, cut off. #}
{% macro epoch_seconds(instant) -%}
    {{ return(adapter.dispatch("epoch_seconds")(instant)) }}
{%- endmacro %}
{% macro duckdb__epoch_seconds(instant) -%}
    cast(floor(epoch_ms({{ instant }}) / 1000.0) as bigint)
{%- endmacro %}
{% macro spark__epoch_seconds(instant) -%} unix_seconds({{ instant }}) {%- endmacro %}
