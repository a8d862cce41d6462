-- How often a field that a source carries is empty. Empty is not zero: what needs the field
-- has no data there.
{{ config(schema="core") }}
with
    carried as (
        select source_name, entity, field
        from {{ ref("canonical_fields") }}
        where is_carried and not is_required
    ),

    {% for entity in staged_entities() -%}
        {{ entity }}_counts as (
            select
                source_name,
                {% for column in entity_columns(entity) if not column.required -%}
                    count(*) filter (where "{{ column.name }}" is null) as "{{ column.name }}",
                    {{ smallest(key_text(entity), 5, '"' ~ column.name ~ '" is null') }}
                    as "{{ column.name }} sample",
                {% endfor -%}
                count(*) as rows_total
            from {{ ref(entity) }}
            group by source_name
        ),
    {% endfor %}

    counts as (
        {% for entity in staged_entities() -%}
            {% for column in entity_columns(entity) if not column.required -%}
                select
                    source_name,
                    '{{ entity }}' as entity,
                    '{{ column.name }}' as field,
                    "{{ column.name }}" as rows_failed,
                    rows_total,
                    "{{ column.name }} sample" as sample
                from {{ entity }}_counts
                union all
            {% endfor -%}
        {% endfor -%}
        select
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            cast(null as varchar) as field,
            0 as rows_failed,
            0 as rows_total,
            cast(null as varchar[]) as sample
        where false
    ),

    final as (
        select
            'empty_field:' || counts.entity || '.' || counts.field as check_id,
            counts.source_name,
            counts.entity,
            'info' as severity,
            counts.rows_failed,
            counts.rows_total,
            counts.sample,
            '{failed} of {total} rows of '
            || counts.entity
            || ' have no '
            || counts.field
            || '. What needs it says no data there.' as message
        from counts
        inner join
            carried
            on counts.source_name = carried.source_name
            and counts.entity = carried.entity
            and counts.field = carried.field
        where counts.rows_failed > 0
    )

select *
from final
order by check_id, source_name
