-- Records that were read and make no record of an entity, by source, entity and reason.
{{ config(schema="core") }}
with
    left_out as (select * from {{ ref("staged_left_out") }}),

    volumes as (select source_name, entity, records from {{ ref("staging_volume") }}),

    counted as (
        select
            source_name,
            entity,
            reason,
            count(*) as records,
            sum(count(*)) over (partition by source_name, entity) as records_of_all_reasons,
            {{ smallest("record_key", 5) }} as sample
        from left_out
        group by source_name, entity, reason
    ),

    final as (
        select
            'left_out_' || counted.reason || ':' || counted.entity as check_id,
            counted.source_name,
            counted.entity,
            'info' as severity,
            counted.records as rows_failed,
            coalesce(volumes.records, 0) + counted.records_of_all_reasons as rows_total,
            counted.sample,
            '{failed} of {total} records of '
            || counted.entity
            || case
                counted.reason
                when 'no_customer'
                then
                    ' belong to no customer (neither they nor their people name an organisation '
                    || 'or company) and are left out. Name the customer in the source, or map the '
                    || 'field that holds it: fields, '
                    || counted.entity
                    || '.account_id, in sources.yaml.'
                when 'no_score'
                then
                    ' have no score that can be compared, and are left out. Nothing is to be done '
                    || 'unless they should have one.'
                when 'out_of_scale'
                then
                    ' have a score outside 0 to 100, and are left out. Look up in the source how it '
                    || 'computes its score; one on another scale cannot be compared.'
                when 'merged'
                then
                    ' were merged into others, which stand for them, and are left out. Nothing is '
                    || 'to be done.'
            end as message
        from counted
        left join
            volumes on counted.source_name = volumes.source_name and counted.entity = volumes.entity
    )

select *
from final
order by check_id, source_name
