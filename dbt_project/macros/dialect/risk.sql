{# What risks say in DuckDB and Spark SQL differently. #}
{# A value of a JSON object as text, by a name that is itself a column. #}
{% macro json_text_at(object, name) -%}
    {{ return(adapter.dispatch("json_text_at")(object, name)) }}
{%- endmacro %}
{% macro duckdb__json_text_at(object, name) -%}
    json_extract_string({{ object }}, '$."' || {{ name }} || '"')
{%- endmacro %}
{% macro spark__json_text_at(object, name) -%}
    get_json_object({{ object }}, concat('$.', {{ name }}))
{%- endmacro %}

{# A list of texts. #}
{% macro no_texts() -%} {{ text_list([]) }} {%- endmacro %}
{% macro text_list(texts) -%} {{ return(adapter.dispatch("text_list")(texts)) }} {%- endmacro %}
{% macro duckdb__text_list(texts) -%}
    cast([{% for text in texts %}'{{ text }}'{{ ", " if not loop.last }}{% endfor %}] as varchar[])
{%- endmacro %}
{% macro spark__text_list(texts) -%}
    array({% for text in texts %}'{{ text }}'{{ ", " if not loop.last }}{% endfor %})
{%- endmacro %}
