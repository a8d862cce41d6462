{# What HubSpot's staging models share. #}
{# The shape of a CRM object: some of its properties, and the ids of what it is associated with (the
   primary one first), which the connector puts before HubSpot's own fields. #}
{% macro hubspot_object(properties, associations=[]) %}
    {% set held, ids = {}, {} %}
    {% for name in properties %} {% do held.update({name: "VARCHAR"}) %} {% endfor %}
    {% for to in associations %} {% do ids.update({to: ["VARCHAR"]}) %} {% endfor %}
    {% set shape = {"createdAt": "VARCHAR", "properties": held} %}
    {% if associations %} {% do shape.update({"_associations": ids}) %} {% endif %}
    {{ return(shape) }}
{% endmacro %}

{# The records of a stream that a merge made part of another one: HubSpot lists them no more, and
   does not say that they are gone. #}
{% macro hubspot_swallowed(stream) -%}
    select
        source_name,
        record_key as winner_id,
        unnest(
            {{ split_list("json_extract_string(payload, '$.properties.hs_merged_object_ids')") }}
        ) as record_key
    from {{ source("hubspot", stream) }}
    where not is_deleted
{%- endmacro %}

{# HTML without its tags; NULL where nothing is left. #}
{% macro hubspot_plain_text(html) -%}
    nullif(
        trim(
            regexp_replace(regexp_replace({{ html }}, '<[^>]*>|&nbsp;', ' ', 'g'), '\s+', ' ', 'g')
        ),
        ''
    )
{%- endmacro %}
