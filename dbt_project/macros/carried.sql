{# True where any source carries an entity. #}
{% macro is_entity_carried(entity) -%}
    (
        select coalesce(bool_or(is_carried), false)
        from {{ ref("canonical_fields") }}
        where entity = '{{ entity }}'
    )
{%- endmacro %}

{# True where any source carries a field of an entity. #}
{% macro is_field_carried(entity, field) -%}
    (
        select coalesce(bool_or(is_carried), false)
        from {{ ref("canonical_fields") }}
        where entity = '{{ entity }}' and field = '{{ field }}'
    )
{%- endmacro %}
