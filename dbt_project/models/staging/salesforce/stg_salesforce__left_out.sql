-- A case that was merged into another lives on as that one.
with
    contacts as ({{ not_passed_on("salesforce", "contacts", "contacts") }}),

    cases as ({{ not_passed_on("salesforce", "cases", "tickets") }}),

    final as (
        select source_name, 'contacts' as entity, record_key, 'no_customer' as reason
        from contacts
        union all
        select
            source_name,
            'tickets' as entity,
            record_key,
            case
                when {{ text_of("payload", "MasterRecordId") }} is null
                then 'no_customer'
                else 'merged'
            end as reason
        from cases
    )

select *
from final
