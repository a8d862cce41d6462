{# A table that is kept from night to night: the model's query computes what is due, and that takes the
   place of what the table held of it, in one transaction. `due` names the model that lists the keys of
   what is due, `key` its columns, `standing` the model that says whether what the table holds still
   stands; where it does not, all is due and the table is replaced. #}
{% materialization kept, adapter = "duckdb", supported_languages = ["sql"] %}
    {% set standing = this.incorporate(path={"identifier": config.require("standing")}) %}
    {% set due = this.incorporate(path={"identifier": config.require("due")}) %}
    {% set is_standing = run_query("select is_standing from " ~ standing)[0][0] %}
    {% if is_standing %}
        {% set statements = renewed(this, compiled_code, due, config.require("key")) %}
    {% else %} {% set statements = replaced_table(this, compiled_code) %}
    {% endif %}
    {{ return(replaced("table", statements)) }}
{% endmaterialization %}

{# The statements that put the rows of a query in the place of those whose key is due; then how many
   rows the table has. #}
{% macro renewed(relation, query, due, key) %}
    delete from {{ relation }} as kept
    using {{ due }} as due
    where
        {% for column in key -%}
            kept.{{ column }} = due.{{ column }} {{ "and " if not loop.last }}
        {%- endfor %}
    ;
    insert into {{ relation }} by name ({{ query }});
    select count(*)
    from {{ relation }}
{% endmacro %}
