-- A merge moves the account that lost into the recycle bin, with the id of the one
-- that was kept.
with
    records as (
        select
            source_name,
            record_key as source_account_id,
            {{ text_of("payload", "MasterRecordId") }} as merged_into
        from {{ source("salesforce", "accounts") }}
    ),

    final as (
        select source_name, source_account_id, 'merged_into' as claim, merged_into as value
        from records
        where merged_into is not null
    )

select *
from final
