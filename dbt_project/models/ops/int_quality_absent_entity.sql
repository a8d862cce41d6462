-- Entities that no source has, and what cannot be computed for want of them.
{{ config(schema="core") }}
with
    wanted as (
        select
            'contracts' as entity,
            'renewal or retention, and ARR only if the accounts carry it' as lost
        union all
        select
            'activities' as entity, 'coverage-to-standard, which is not measurable, not 0 %' as lost
        union all
        select 'users' as entity, 'capacity and the ratio that follows from it' as lost
        union all
        select 'tickets' as entity, 'response standards and reactive work' as lost
        union all
        select 'usage' as entity, 'the product part of health' as lost
    ),

    carried as (select distinct entity from {{ ref("canonical_fields") }} where is_carried),

    any_source as (select count(*) as sources from {{ source("meta", "source") }}),

    final as (
        select
            'absent_entity:' || wanted.entity as check_id,
            cast(null as varchar) as source_name,
            wanted.entity,
            'info' as severity,
            1 as rows_failed,
            1 as rows_total,
            cast([] as varchar[]) as sample,
            'No source has '
            || wanted.entity
            || '. Without them there is no '
            || wanted.lost
            || '.' as message
        from wanted
        cross join any_source
        left join carried on wanted.entity = carried.entity
        where carried.entity is null and any_source.sources > 0
    )

select *
from final
order by check_id
