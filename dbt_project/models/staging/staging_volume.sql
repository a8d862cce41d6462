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
-- How many records each source gave of each entity, and how many of them had to be set aside.
with
    records as (
        {% for entity in entity_names() -%}
            select
                source_name,
                '{{ entity }}' as entity,
                count(*) as records,
                count(quarantine_reason) as records_quarantined,
                {{
                    smallest(
                        "record_key || ': ' || quarantine_reason",
                        5,
                        "quarantine_reason is not null",
                    )
                }} as sample
            from {{ ref("stg_files__" ~ entity) }}
            group by source_name
            union all
        {% endfor -%}
        select
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            0 as records,
            0 as records_quarantined,
            cast(null as varchar[]) as sample
        where false
    ),

    final as (
        select
            records.source_name,
            records.entity,
            records.records,
            records.records_quarantined,
            sources.max_quarantined,
            records.sample
        from records
        left join
            {{ source("meta", "source") }} as sources on records.source_name = sources.source_name
    )

select *
from final
order by source_name, entity
