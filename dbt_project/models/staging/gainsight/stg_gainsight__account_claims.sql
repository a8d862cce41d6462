with
    companies as (
        select
            source_name,
            {{ fields_of("payload", {"Gsid": "VARCHAR", "SfdcAccountId": "VARCHAR"}) }} as record
        from {{ source("gainsight", "companies") }}
        where not is_deleted
    ),

    final as (
        select
            source_name,
            record."Gsid" as source_account_id,
            'foreign_id' as claim,
            trim(record."SfdcAccountId") as value
        from companies
        where trim(record."SfdcAccountId") <> ''
    )

select *
from final
