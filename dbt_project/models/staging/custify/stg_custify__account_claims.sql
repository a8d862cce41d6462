with
    companies as (
        select
            source_name,
            {{ fields_of("payload", {"id": "VARCHAR", "company_id": "VARCHAR"}) }} as record
        from {{ source("custify", "companies") }}
        where not is_deleted
    ),

    final as (
        select
            source_name,
            record.id as source_account_id,
            'foreign_id' as claim,
            trim(record.company_id) as value
        from companies
        where trim(record.company_id) <> ''
    )

select *
from final
