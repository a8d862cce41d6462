{# How tables and views are put in place: by one `create or replace`, in one transaction. dbt-duckdb's
   own way builds under another name, moves the old relation aside, renames the new one and drops the
   old: as safe, and several statements more for each of a night's many small relations. #}
{% materialization table, adapter = "duckdb", supported_languages = ["sql"] %}
    {{ return(replaced("table", replaced_table(this, compiled_code))) }}
{% endmaterialization %}

{% materialization view, adapter = "duckdb", supported_languages = ["sql"] %}
    {{
        return(
            replaced("view", "create or replace view " ~ this ~ " as (" ~ compiled_code ~ ")")
        )
    }}
{% endmaterialization %}

{# The statements that put a query's rows in a table's place, its contract enforced. #}
{% macro replaced_table(relation, query) %}
    {% if config.get("contract").enforced %}
        {{ get_assert_columns_equivalent(query) }}
        create or replace table {{ relation }} {{ get_table_columns_and_constraints() }};
        insert into {{ relation }} {{ get_column_names() }} ({{ get_select_subquery(query) }});
    {% else %} create or replace table {{ relation }} as ({{ query }}) ;
    {% endif %}
{% endmacro %}

{# Runs the statements that replace this model's relation; returns what dbt wants of a
   materialization. What dbt then says of a table is how many rows it got. #}
{% macro replaced(type, statements) %}
    {% set existing = load_cached_relation(this) %}
    {{ run_hooks(pre_hooks) }}
    {% if existing is not none and existing.type != type %}
        {% do adapter.drop_relation(existing) %}
    {% endif %}
    {% call statement("main", fetch_result=(type == "table")) %} {{ statements }}{% endcall %}
    {% if execute and type == "table" %}
        {% set rows = load_result("main")["data"][0][0] %}
        {# dbt's own default for the code is a type, which no file of results can hold. #}
        {% do store_raw_result("main", message=rows ~ " rows", code=none, rows_affected=rows) %}
    {% endif %}
    {{ run_hooks(post_hooks) }}
    {% do adapter.commit() %}
    {{ return({"relations": [this.incorporate(type=type)]}) }}
{% endmacro %}
