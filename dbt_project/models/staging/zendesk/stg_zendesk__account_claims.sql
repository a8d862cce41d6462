with
    records as (
        select
            source_name,
            {{ fields_of("payload", {"id": "VARCHAR", "external_id": "VARCHAR"}) }} as record
        from {{ source("zendesk", "organizations") }}
        where not is_deleted
    )

select
    source_name,
    record.id as source_account_id,
    'foreign_id' as claim,
    trim(record.external_id) as value
from records
where trim(record.external_id) <> ''
