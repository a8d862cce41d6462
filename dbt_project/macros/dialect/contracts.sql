{# What contracts and their succession say in DuckDB and Spark SQL differently. #}
{# The parts of a text between semicolons, as a list. #}
{% macro parts_of(text) -%} {{ return(adapter.dispatch("parts_of")(text)) }} {%- endmacro %}
{% macro duckdb__parts_of(text) -%} string_split({{ text }}, ';') {%- endmacro %}
{% macro spark__parts_of(text) -%} split({{ text }}, ';') {%- endmacro %}

{# A list of one element. #}
{% macro list_of(element) -%} {{ return(adapter.dispatch("list_of")(element)) }} {%- endmacro %}
{% macro duckdb__list_of(element) -%} [{{ element }}] {%- endmacro %}
{% macro spark__list_of(element) -%} array({{ element }}) {%- endmacro %}

{# Whole months from the month of one date to that of a later one. #}
{% macro months_apart(earlier, later) -%}
    (12 * (year({{ later }}) - year({{ earlier }})) + month({{ later }}) - month({{ earlier }}))
{%- endmacro %}

{# A list of ids in one text, separated by semicolons, each as it is written past staging. #}
{% macro written_ids(ids, source_name, kind) -%}
    {{ return(adapter.dispatch("written_ids")(ids, source_name, kind)) }}
{%- endmacro %}
{% macro duckdb__written_ids(ids, source_name, kind) -%}
    array_to_string(
        list_transform(
            string_split({{ ids }}, ';'), lambda x:{{ written_id("trim(x)", source_name, kind) }}
        ),
        ';'
    )
{%- endmacro %}
{% macro spark__written_ids(ids, source_name, kind) -%}
    array_join(
        transform(split({{ ids }}, ';'), x -> {{ written_id("trim(x)", source_name, kind) }}), ';'
    )
{%- endmacro %}
