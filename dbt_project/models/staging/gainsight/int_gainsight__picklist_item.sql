-- What the items of picklists are called; records hold the items' ids.
with
    items as (
        select
            source_name,
            {{ fields_of("payload", {"value": "VARCHAR", "label": "VARCHAR"}) }} as item
        from {{ source("gainsight", "picklist_items") }}
        where not is_deleted
    ),

    final as (
        select source_name, item.value as item_id, max(item.label) as label
        from items
        where item.value is not null
        group by all
    )

select *
from final
