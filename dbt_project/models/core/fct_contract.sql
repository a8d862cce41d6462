-- Contracts with their ARR in the reporting currency. What is in force follows from the dates.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    contracts as (select * from {{ ref("contracts") }}),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    final as (
        select
            contracts.contract_id,
            contracts.account_id,
            contracts.product,
            contracts.status,
            contracts.starts_on,
            contracts.ends_on,
            {{ add_days("contracts.ends_on", 1) }} as scheduled_on,
            contracts.ends_on is null as is_evergreen,
            contracts.starts_on <= context.as_of
            and coalesce(contracts.ends_on >= context.as_of, true) as is_in_force,
            contracts.arr * rates.rate as arr,
            contracts.arr as arr_local,
            contracts.currency,
            rates.rate as fx_rate,
            contracts.signed_on,
            contracts.notice_on,
            contracts.predecessor_contract_id,
            contracts.auto_renews,
            contracts.source_name,
            context.as_of as as_of_date,
            context.config_version
        from contracts
        cross join context
        left join rates on contracts.currency = rates.currency
    )

select *
from final
order by contract_id
