{# A record's payload as a struct, read once. `shape` maps names to types: VARCHAR, a shape, or a
   list with one of these. What is not there is NULL; what is of another type comes as its text. #}
{% macro fields_of(payload, shape) -%}
    from_json({{ payload }}, {{ dbt.string_literal(dbt.escape_single_quotes(tojson(shape))) }})
{%- endmacro %}

{# A top-level key called `name` of a payload, as text, for the odd field outside the shape. #}
{% macro text_of(payload, name) -%}
    json_extract_string({{ payload }}, '/{{ name }}')
{%- endmacro %}

{# The body of a staging model over records of an API: `mapped` is a relation with source_name,
   overrides, extra and, as text, the canonical fields that the model's YAML says it carries.
   A field that sources.yaml maps (`fields:`) takes the mapped value wherever a record has it; what
   nobody carries is NULL. Typing and judging are those of files, see typed_from_text. #}
{% macro stage_records(kind, entity, mapped, also=[]) %}
    {%- set carries = carried_by("stg_" ~ kind ~ "__" ~ entity) -%}
    {%- set relation -%}
        (
            select
                source_name,
                {% for column in entity_columns(entity) -%}
                    {%- set usual = (
                        'cast("' ~ column.name ~ '" as varchar)' if column.name in carries else "null"
                    ) -%}
                    coalesce(overrides['{{ entity }}.{{ column.name }}'], {{ usual }})
                    as "{{ column.name }}",
                {% endfor -%}
                {% for name in also -%} "{{ name }}", {% endfor -%}
                cast(extra as varchar) as attributes
            from {{ mapped }}
        ) as mapped_records
    {%- endset -%}
    {{ typed_from_text(entity, relation, also) }}
{% endmacro %}

{# The live records of a stream that the staging model of an entity passed no record on for, not
   even one to be set aside. #}
{% macro not_passed_on(kind, stream, entity) -%}
    {%- set key = entity_key(entity)[0] -%}
    select records.source_name, records.record_key, records.payload
    from {{ source(kind, stream) }} as records
    anti join
        {{ ref("stg_" ~ kind ~ "__" ~ entity) }} as passed_on
        on records.source_name = passed_on.source_name
        and coalesce(records.overrides['{{ entity }}.{{ key }}'], records.record_key)
        = passed_on.record_key
    where not records.is_deleted
{%- endmacro %}
