-- What could not be read, by source, entity and field: a text that is not of the field's type
-- or not an accepted value, or nothing where something is required.
with
    issues as (
        {% for entity in staged_entities() -%}
            {% for kind in ["unreadable", "missing"] -%}
                select
                    source_name,
                    '{{ entity }}' as entity,
                    '{{ kind }}' as kind,
                    record_key,
                    quarantine_reason is not null as is_set_aside,
                    {{ rows_of("invalid_fields" if kind == "unreadable" else "missing_fields") }}
                    as field
                from {{ ref("staged_" ~ entity) }}
                union all
            {% endfor -%}
        {% endfor -%}
        select
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            cast(null as varchar) as kind,
            cast(null as varchar) as record_key,
            false as is_set_aside,
            cast(null as varchar) as field
        where false
    ),

    final as (
        select
            source_name,
            entity,
            field,
            kind,
            count(*) as rows_failed,
            count(*) filter (where is_set_aside) as rows_set_aside,
            {{ smallest("record_key", 5) }} as sample
        from issues
        group by source_name, entity, field, kind
    )

select *
from final
order by source_name, entity, field, kind
