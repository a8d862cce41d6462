{# What the marts about accounts say in DuckDB and Spark SQL differently. #}
{# Those of some values that are not NULL as a list, in order; NULL where all are. #}
{% macro list_of_known(values) -%}
    {{ return(adapter.dispatch("list_of_known")(values)) }}
{%- endmacro %}
{% macro duckdb__list_of_known(values) -%}
    nullif(
        list_filter(
            [{%- for value in values %}{{ value }} {{- "," if not loop.last }} {%- endfor %}],
            lambda x:x is not null
        ),
        []
    )
{%- endmacro %}
{% macro spark__list_of_known(values) -%}
    nullif(
        filter(
            array({%- for value in values %}{{ value }} {{- "," if not loop.last }} {%- endfor %}),
            x -> x is not null
        ),
        array()
    )
{%- endmacro %}
