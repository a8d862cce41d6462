-- From when to when each contract counts as in force. Without any contract source, the account's
-- own ARR from its start until its churn.
{{ config(schema="core") }}
with
    families as (select account_id, family_account_id from {{ ref("int_account_family") }}),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    contracts as (
        select
            account_id,
            contract_id,
            product,
            starts_on,
            in_force_to,
            arr,
            arr_local,
            currency,
            fx_rate
        from {{ ref("fct_contract") }}
        where coalesce(starts_on < in_force_to, true)
    ),

    accounts as (
        select
            accounts.account_id,
            accounts.started_on,
            accounts.churned_on,
            accounts.arr * rates.rate as arr,
            accounts.arr as arr_local,
            accounts.currency,
            rates.rate as fx_rate
        from {{ ref("accounts") }} as accounts
        left join rates on accounts.currency = rates.currency
        where
            accounts.started_on is not null
            and coalesce(accounts.started_on < accounts.churned_on, true)
            and not {{ is_entity_carried("contracts") }}
    ),

    terms as (
        select
            account_id,
            contract_id,
            product,
            starts_on as in_force_from,
            in_force_to,
            arr,
            arr_local,
            currency,
            fx_rate
        from contracts
        union all
        select
            account_id,
            cast(null as varchar) as contract_id,
            cast(null as varchar) as product,
            started_on as in_force_from,
            churned_on as in_force_to,
            arr,
            arr_local,
            currency,
            fx_rate
        from accounts
    ),

    final as (
        select
            terms.account_id,
            families.family_account_id,
            terms.contract_id,
            terms.product,
            terms.in_force_from,
            terms.in_force_to,
            terms.arr,
            terms.arr_local,
            terms.currency,
            terms.fx_rate
        from terms
        inner join families on terms.account_id = families.account_id
    )

select *
from final
order by account_id, in_force_from, contract_id
