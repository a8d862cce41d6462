{# The body of a staging model over a source whose columns are all text, as files are.

   Gives every column of the entity in its declared type, and for each record
   record_key         the key as it was written, for messages
   invalid_fields     fields with a text that could not be read, or is not an accepted value
   missing_fields     required fields without a text
   quarantine_reason  NULL for a usable record; else why it is set aside
   An optional field that cannot be read becomes NULL; a required one sets the record aside.
   `also` names further columns of the relation that are passed on as they are. #}
{% macro typed_from_text(entity, relation, also=[]) %}
    {%- set columns = entity_columns(entity) -%}
    {%- set alternatives = entity_alternatives(entity) -%}
    with
        context as (select time_zone from {{ source("meta", "context") }}),

        written as (
            select
                source_name,
                {% for column in columns -%}
                    nullif(trim("{{ column.name }}"), '') as "{{ column.name }}",
                {% endfor -%}
                {% for name in also -%} "{{ name }}", {% endfor -%}
                try_cast(attributes as json) as attributes
            from {{ relation }}
        ),

        parsed as (
            select
                written.source_name,
                {% for column in columns -%}
                    {{ parse_value('written."' ~ column.name ~ '"', column, "context.time_zone") }}
                    as "{{ column.name }}",
                    written."{{ column.name }}" as "{{ column.name }} text",
                {% endfor -%}
                {% for name in also -%} written."{{ name }}", {% endfor -%}
                written.attributes
            from written
            cross join context
        ),

        judged as (
            select
                *,
                concat_ws(
                    ' | ' {%- for name in entity_key(entity) %}, "{{ name }} text" {%- endfor %}
                ) as record_key,
                list_filter(
                    [
                        {%- for column in columns %}
                            case
                                when {{ is_unreadable(column) }} then '{{ column.name }}'
                            end {{- "," if not loop.last }}
                        {%- endfor %}
                    ],
                    lambda x:x is not null
                ) as invalid_fields,
                list_filter(
                    [
                        {%- for column in columns if column.required %}
                            case when "{{ column.name }} text" is null then '{{ column.name }}' end,
                        {%- endfor %}
                        {%- if alternatives %}
                            case
                                when
                                    coalesce(
                                        {%- for name in alternatives -%}
                                            "{{ name }} text" {{- ", " if not loop.last }}
                                        {%- endfor -%}
                                    )
                                    is null
                                then '{{ alternatives | join(" or ") }}'
                            end,
                        {%- endif %}
                        cast(null as varchar)
                    ],
                    lambda x:x is not null
                ) as missing_fields
            from parsed
        ),

        final as (
            select
                source_name,
                {% for column in columns -%} "{{ column.name }}", {% endfor -%}
                {% for name in also -%} "{{ name }}", {% endfor -%}
                attributes,
                record_key,
                invalid_fields,
                missing_fields,
                nullif(
                    array_to_string(
                        list_concat(
                            list_transform(missing_fields, lambda x:x || ' is missing'),
                            list_filter(
                                [
                                    {%- for column in columns if column.required %}
                                        case
                                            when list_contains(invalid_fields, '{{ column.name }}')
                                            then
                                                '{{ column.name }} cannot be read: '''
                                                || left("{{ column.name }} text", 40)
                                                || ''''
                                        end,
                                    {%- endfor %}
                                    cast(null as varchar)
                                ],
                                lambda x:x is not null
                            )
                        ),
                        '; '
                    ),
                    ''
                ) as quarantine_reason
            from judged
        )

    select *
    from final
{% endmacro %}

{# True where a text was written and its value is not, or not all of it, known. #}
{% macro is_unreadable(column) -%}
    "{{ column.name }} text" is not null and "{{ column.name }}" is null
    {%- if column.data_type == "varchar[]" and column.accepted_values %}
        or len("{{ column.name }}") < len({{ split_list('"' ~ column.name ~ ' text"') }})
    {%- endif %}
{%- endmacro %}

{# The body of a staging model of the files source. #}
{% macro stage_files(entity) %}
    {{ config(materialized="parsed_once") }}
    {{ typed_from_text(entity, source("input", "files__" ~ entity), also=["version"]) }}
{% endmacro %}
