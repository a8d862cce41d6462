{# What the distribution of CSMs says in DuckDB and Spark SQL differently. #}
{# The value below which a share of a group's values lie, between two in proportion. #}
{% macro quantile_of(value, at) -%}
    {{ return(adapter.dispatch("quantile_of")(value, at)) }}
{%- endmacro %}
{% macro duckdb__quantile_of(value, at) -%} quantile_cont({{ value }}, {{ at }}) {%- endmacro %}
{% macro spark__quantile_of(value, at) -%} percentile({{ value }}, {{ at }}) {%- endmacro %}
