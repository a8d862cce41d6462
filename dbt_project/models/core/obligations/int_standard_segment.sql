-- The days on which each account is of the segment that a standard is for; only of standards that
-- are not for all.
{{ config(schema="core") }}
with
    standards as (
        select
            standard_number,
            segment_filter,
            {{ rows_of(json_keys_of("segment_filter")) }} as column_name
        from {{ ref("int_obligation_standard") }}
    ),

    filters as (
        select
            standard_number,
            column_name,
            {{ json_texts("segment_filter", "column_name") }} as accepted_values,
            count(*) over (partition by standard_number) as columns_asked
        from standards
    ),

    accounts as (select * from {{ ref("account_scd2") }}),

    matching as (
        select accounts.account_id, filters.standard_number, accounts.valid_from, accounts.valid_to
        from filters
        inner join
            accounts
            on {{
                list_has(
                    "filters.accepted_values",
                    account_column_text("accounts", "filters.column_name"),
                )
            }}
        group by
            accounts.account_id, filters.standard_number, accounts.valid_from, accounts.valid_to
        having count(*) = max(filters.columns_asked)
    ),

    final as (
        select account_id, standard_number, valid_from as holds_from, valid_to as holds_to
        from matching
    )

select *
from final
order by account_id, standard_number, holds_from
