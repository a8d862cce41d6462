-- The texts by which somebody may name a record of an account: the id as it is written past
-- staging, the source's own id, and the short form of a long Salesforce id.
{{ config(schema="core") }}
with
    records as (select * from {{ ref("int_account_record") }}),

    names as (
        select own_key as reference, source_name, source_account_id, 1 as precedence
        from records
        union all
        select written_id as reference, source_name, source_account_id, 1 as precedence
        from records
        union all
        select source_account_id as reference, source_name, source_account_id, 2 as precedence
        from records
        union all
        select
            left(source_account_id, 15) as reference,
            source_name,
            source_account_id,
            3 as precedence
        from records
        where {{ is_long_id("source_account_id") }}
    ),

    final as (
        select reference, source_name, source_account_id, min(precedence) as precedence
        from names
        group by reference, source_name, source_account_id
    )

select *
from final
