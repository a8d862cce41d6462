{# What the canonical vocabulary says. It is written in models/canonical/<entity>.yml and nowhere
   else; these macros read it from dbt's graph, which is filled when models run (not while dbt
   parses: then they return nothing). dbt's unit tests run without a graph: for them a hook writes
   the vocabulary down before they start. #}
{# Names of all canonical entities. #}
{% macro entity_names() %}
    {% set names = [] %}
    {% for node in graph.get("nodes", {}).values() if execute %}
        {% if node.resource_type == "model" and node.config.get("meta", {}).get("key") %}
            {% do names.append(node.name) %}
        {% endif %}
    {% endfor %}
    {{ return(names | sort) }}
{% endmacro %}

{# What the YAML of an entity declares: its own columns in order, its key, and columns of which a
   record must have one or more. #}
{% macro declared(entity) %}
    {% if not execute %} {{ return({"columns": [], "key": [], "require_one_of": []}) }} {% endif %}
    {% if not graph.get("nodes") %}
        {% set written = run_query(
            "select declaration from main.vocabulary where entity = '" ~ entity ~ "'"
        ) %}
        {{ return(fromjson(written.rows[0][0])) }}
    {% endif %}
    {% set model = graph.nodes["model." ~ project_name ~ "." ~ entity] %}
    {% set columns = [] %}
    {% for column in model.columns.values() if column.name not in ("source_name", "attributes") %}
        {% set says = column.config.get("meta", {}) %}
        {% do columns.append(
            {
                "name": column.name,
                "data_type": column.data_type,
                "required": says.get("required", false),
                "format": says.get("format"),
                "accepted_values": says.get("accepted_values", []),
                "known_values": says.get("known_values", []),
                "minimum": says.get("minimum"),
                "maximum": says.get("maximum"),
            }
        ) %}
    {% endfor %}
    {{
        return(
            {
                "columns": columns,
                "key": model.config.meta.key,
                "require_one_of": model.config.meta.get("require_one_of", []),
            }
        )
    }}
{% endmacro %}

{# The canonical fields that a staging model over an API's records fills, as its YAML says. #}
{% macro carried_by(model_name) %}
    {% if not execute %} {{ return([]) }} {% endif %}
    {% if not graph.get("nodes") %}
        {% set written = run_query(
            "select declaration from main.vocabulary where entity = '" ~ model_name ~ "'"
        ) %}
        {{ return(fromjson(written.rows[0][0])) }}
    {% endif %}
    {{ return(graph.nodes["model." ~ project_name ~ "." ~ model_name].config.meta.carries) }}
{% endmacro %}

{# An entity's own columns, in order: name, data_type and what else their YAML says. #}
{% macro entity_columns(entity) %} {{ return(declared(entity).columns) }} {% endmacro %}

{# Names of the columns that identify a record of an entity. #}
{% macro entity_key(entity) %} {{ return(declared(entity).key) }} {% endmacro %}

{# Columns of which a record must have one or more; usually none. #}
{% macro entity_alternatives(entity) %} {{ return(declared(entity).require_one_of) }} {% endmacro %}

{# The words that a column may hold, as a list of SQL texts. #}
{% macro known_values(entity, column) %}
    {% set words = [] %}
    {% for declared_column in entity_columns(entity) if declared_column.name == column %}
        {% for word in declared_column.known_values %}
            {% do words.append(dbt.string_literal(word)) %}
        {% endfor %}
    {% endfor %}
    {{ return(words | join(", ") or "''") }}
{% endmacro %}

{# A hook: writes the vocabulary down for dbt's unit tests, when they may be part of the run. #}
{% macro write_vocabulary_for_unit_tests() %}
    {% set left_out = "unit_test" in invocation_args_dict.get("exclude_resource_types", []) %}
    {% if execute and flags.WHICH in ("build", "test") and not left_out %}
        {% set rows = [] %}
        {% for entity in entity_names() %}
            {% set declaration = dbt.escape_single_quotes(tojson(declared(entity))) %}
            {% do rows.append(
                "("
                ~ dbt.string_literal(entity)
                ~ ", "
                ~ dbt.string_literal(declaration)
                ~ ")"
            ) %}
        {% endfor %}
        {% for node in graph.nodes.values() if node.config.get("meta", {}).get("carries") %}
            {% set declaration = dbt.escape_single_quotes(tojson(node.config.meta.carries)) %}
            {% do rows.append(
                "("
                ~ dbt.string_literal(node.name)
                ~ ", "
                ~ dbt.string_literal(declaration)
                ~ ")"
            ) %}
        {% endfor %}
        create or replace table main.vocabulary as
        select *
        from (values {{ rows | join(", ") }}) as rows(entity, declaration)
    {% endif %}
{% endmacro %}
