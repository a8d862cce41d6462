-- A company that was merged and merged again points to the one that is left.
with
    swallowed as ({{ hubspot_swallowed("companies") }}),

    merged as (
        select
            source_name, record_key as source_account_id, 'merged_into' as claim, winner_id as value
        from swallowed
        where
            not exists (
                select 1
                from swallowed as further
                where
                    further.source_name = swallowed.source_name
                    and further.record_key = swallowed.winner_id
            )
    ),

    foreign_ids as (
        select
            source_name,
            record_key as source_account_id,
            'foreign_id' as claim,
            trim(json_extract_string(payload, '$.properties.salesforceaccountid')) as value
        from {{ source("hubspot", "companies") }}
        where not is_deleted
    ),

    final as (
        select *
        from merged
        union all
        select *
        from foreign_ids
        where value <> ''
    )

select *
from final
