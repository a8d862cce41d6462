-- How many records each source gave of each entity, and how many of them had to be set aside.
with
    records as (
        {% for entity in staged_entities() -%}
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
            from {{ ref("staged_" ~ entity) }}
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
