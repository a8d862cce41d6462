{# Whether a regular expression is found anywhere in a text, whatever its case. `patterns` are those
   known when the statement is written: the warehouse reads a constant one once, any other for each
   row, which takes a hundred times as long. #}
{% macro matches_pattern(text, pattern, patterns) -%}
    case
        when {{ pattern }} is null
        then null
        {% for known in patterns -%}
                {%- set constant = dbt.string_literal(dbt.escape_single_quotes(known)) %}
            when {{ pattern }} = {{ constant }}
            then {{ is_found(text, constant) }}
        {%- endfor %}
        else {{ is_found(text, pattern) }}
    end
{%- endmacro %}

{# The subjects' patterns of all activity rules: read when the statement is written, after the model
   that holds them was built. Without it, in dbt's unit tests, there are none. #}
{% macro subject_patterns() %}
    {% if not execute or not graph.get("nodes") %} {{ return([]) }} {% endif %}
    {% set rules = load_relation(ref("cfg_activity_rule")) %}
    {% if rules is none %} {{ return([]) }} {% endif %}
    {% set patterns %}
        select distinct subject_pattern
        from {{ rules }}
        where subject_pattern is not null
        order by subject_pattern
    {% endset %}
    {{ return(run_query(patterns).columns[0].values() | list) }}
{% endmacro %}
