-- depends_on: {{ ref("stg_files__accounts") }}
-- depends_on: {{ ref("stg_files__account_links") }}
-- depends_on: {{ ref("stg_files__contacts") }}
-- depends_on: {{ ref("stg_files__users") }}
-- depends_on: {{ ref("stg_files__user_absences") }}
-- depends_on: {{ ref("stg_files__assignments") }}
-- depends_on: {{ ref("stg_files__contracts") }}
-- depends_on: {{ ref("stg_files__activities") }}
-- depends_on: {{ ref("stg_files__tickets") }}
-- depends_on: {{ ref("stg_files__surveys") }}
-- depends_on: {{ ref("stg_files__usage") }}
-- depends_on: {{ ref("stg_files__success_plans") }}
-- depends_on: {{ ref("stg_files__assessments") }}
-- depends_on: {{ ref("stg_files__time_entries") }}
-- depends_on: {{ ref("stg_files__exceptions") }}
-- depends_on: {{ ref("stg_files__mentions") }}
-- depends_on: {{ ref("stg_files__projects") }}
-- What could not be read, by source, entity and field: a text that is not of the field's type
-- or not an accepted value, or nothing where something is required.
with
    issues as (
        {% for entity in entity_names() -%}
            {% for kind in ["unreadable", "missing"] -%}
                select
                    source_name,
                    '{{ entity }}' as entity,
                    '{{ kind }}' as kind,
                    record_key,
                    quarantine_reason is not null as is_set_aside,
                    {{ rows_of("invalid_fields" if kind == "unreadable" else "missing_fields") }}
                    as field
                from {{ ref("stg_files__" ~ entity) }}
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
