{{ config(schema="core") }}
with
    sources as (select source_name from {{ source("meta", "source") }}),

    carried as (select source_name, entity, field from {{ source("meta", "carried_field") }}),

    vocabulary as (
        {% for entity in entity_names() -%}
            {% set outer = loop -%}
            {% for column in entity_columns(entity) -%}
                select
                    '{{ entity }}' as entity,
                    '{{ column.name }}' as field,
                    {{ "true" if column.required else "false" }} as is_required
                    {{ "union all" if not (outer.last and loop.last) }}
            {% endfor -%}
        {% else -%}select '' as entity, '' as field, false as is_required
        {%- endfor %}
    ),

    source_entities as (select distinct source_name, entity from carried),

    final as (
        select
            sources.source_name,
            vocabulary.entity,
            vocabulary.field,
            vocabulary.is_required,
            source_entities.entity is not null as is_entity_carried,
            carried.field is not null as is_carried
        from sources
        cross join vocabulary
        left join
            source_entities
            on sources.source_name = source_entities.source_name
            and vocabulary.entity = source_entities.entity
        left join
            carried
            on sources.source_name = carried.source_name
            and vocabulary.entity = carried.entity
            and vocabulary.field = carried.field
    )

select *
from final
order by source_name, entity, field
