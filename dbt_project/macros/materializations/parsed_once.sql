{# A table of what was parsed of records, kept from night to night: a version of a record is parsed
   once, and its rows go when it is no longer current. For models that make the rows of a record of
   nothing but that record and settings, and pass on the column `version` of the relations of schema
   `input` that they read. The table has the rows that the model's query has, whatever was kept.

   What was kept is void as soon as anything else changes that the rows depend on: the SQL, the
   recipe (see meta.recipe), the relations read, as by a new column of a file. A comment on the table
   says what it was made by. Where records have no number, as those of a user's own query, nothing
   is kept. #}
{% materialization parsed_once, adapter = "duckdb", supported_languages = ["sql"] %}
    {% set versions = current_versions() %}
    {% set recipe = recipe_of_kept(compiled_code, versions) %}
    {% set added = adapter.quote("added to " ~ this.identifier) %}
    {%- set statements -%}
        {% if recipe.is_same and not should_full_refresh() -%}
            delete from {{ this }} as kept
            where not exists (
                select 1 from ({{ versions }}) as tonight where tonight.version = kept.version
            );
            -- Apart from what reads the records: in one query the records would be read once for both,
            -- and so all be parsed.
            create or replace temporary table {{ added }} as
            select tonight.version
            from ({{ versions }}) as tonight
            anti join {{ this }} as kept on tonight.version = kept.version;
            insert into {{ this }}
            select parsed.*
            from ({{ compiled_code }}) as parsed
            semi join {{ added }} as added on parsed.version = added.version;
            drop table {{ added }};
        {%- else -%}
            {{ replaced_table(this, compiled_code) }};
            comment on table {{ this }} is '{{ recipe.text }}';
        {%- endif %}
        select count(*) from {{ this }};
    {%- endset -%}
    {{ return(replaced("table", statements)) }}
{% endmaterialization %}

{# SQL for the versions that are current in the relations of schema `input` that this model reads. #}
{% macro current_versions() %}
    {% set selects = [] %}
    {% for id in model.depends_on.nodes %}
        {% set node = graph.sources.get(id) %}
        {% if node is none %}
            {{
                exceptions.raise_compiler_error(
                    model.name
                    ~ " is parsed once and reads "
                    ~ id
                    ~ ", which may change by itself"
                )
            }}
        {% elif node.schema == "input" %}
            {% do selects.append("select version from " ~ node.relation_name) %}
        {% endif %}
    {% endfor %}
    {{ return(selects | join(" union all ")) }}
{% endmacro %}

{# What the rows of this model depend on beside the records, as a text without meaning; and whether
   that is the same as when the table was made. #}
{% macro recipe_of_kept(query, versions) %}
    {# A copy of the warehouse under another name is as good. #}
    {% set body = local_md5(query | replace('"' ~ this.database ~ '".', "")) %}
    {% set names = [] %}
    {% for id in model.depends_on.nodes if graph.sources[id].schema == "input" %}
        {% do names.append(dbt.string_literal(graph.sources[id].identifier)) %}
    {% endfor %}
    {% set found %}
        with
            recipes as (select version from {{ source("meta", "recipe") }}),

            relations as (
                select string_agg(sql, ' ' order by view_name) as sql
                from duckdb_views()
                where
                    database_name = '{{ this.database }}'
                    and schema_name = 'input'
                    and view_name in ({{ names | join(", ") }})
            ),

            unnumbered as (
                select count(*) as records from ({{ versions }}) as tonight where version is null
            ),

            tonight as (
                select
                    'made by '
                    || md5(concat_ws(' ', '{{ body }}', recipes.version, relations.sql)) as text,
                    unnumbered.records = 0 as is_numbered
                from recipes
                cross join relations
                cross join unnumbered
            ),

            kept as (
                select comment
                from duckdb_tables()
                where
                    database_name = '{{ this.database }}'
                    and schema_name = '{{ this.schema }}'
                    and table_name = '{{ this.identifier }}'
            )

        select tonight.text, tonight.is_numbered and coalesce(kept.comment = tonight.text, false) as is_same
        from tonight
        left join kept on true
    {% endset %}
    {% set row = (run_query(found).rows | list + [["nothing that is known", false]])[0] %}
    {{ return({"text": row[0], "is_same": row[1]}) }}
{% endmacro %}
