-- From when to when each contract counts as in force: its term, and the gap to its successor where
-- that is short enough. Without any contract source, the account's own ARR from its start until
-- its churn.
{{ config(schema="core") }}
with
    families as (select account_id, family_account_id from {{ ref("int_account_family") }}),

    models as (select holds_from, holds_to, late_grace_d, overlap_d from {{ ref("cfg_model") }}),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    contracts as (
        select * from {{ ref("fct_contract") }} where coalesce(starts_on <= ends_on, true)
    ),

    ended as (
        select contracts.*, models.late_grace_d, models.overlap_d
        from contracts
        inner join
            models
            on contracts.ends_on >= models.holds_from
            and coalesce(contracts.ends_on < models.holds_to, true)
    ),

    candidates as (
        select
            ended.contract_id,
            successors.starts_on as succeeded_on,
            row_number() over (
                partition by ended.contract_id
                order by
                    case
                        when successors.predecessor_contract_id = ended.contract_id then 0 else 1
                    end,
                    abs({{ days_between("ended.scheduled_on", "successors.starts_on") }}),
                    successors.starts_on,
                    successors.contract_id
            ) as place,
            ended.scheduled_on,
            ended.late_grace_d
        from ended
        inner join
            contracts as successors
            on ended.account_id = successors.account_id
            and ended.contract_id <> successors.contract_id
        where
            successors.predecessor_contract_id = ended.contract_id
            or (
                successors.predecessor_contract_id is null
                and coalesce(successors.product = ended.product, true)
                and successors.starts_on
                between {{ add_days("ended.scheduled_on", "-1 - ended.overlap_d") }}
                and {{ add_days("ended.scheduled_on", "ended.late_grace_d") }}
            )
    ),

    bridged as (
        select contract_id, succeeded_on
        from candidates
        where
            place = 1
            and succeeded_on > scheduled_on
            and succeeded_on <= {{ add_days("scheduled_on", "late_grace_d") }}
    ),

    accounts as (
        select
            accounts.account_id,
            accounts.started_on,
            accounts.churned_on,
            accounts.arr * rates.rate as arr
        from {{ ref("accounts") }} as accounts
        left join rates on accounts.currency = rates.currency
        where
            accounts.started_on is not null
            and coalesce(accounts.started_on < accounts.churned_on, true)
            and not {{ is_entity_carried("contracts") }}
    ),

    terms as (
        select
            contracts.account_id,
            contracts.contract_id,
            contracts.starts_on as in_force_from,
            coalesce(bridged.succeeded_on, contracts.scheduled_on) as in_force_to,
            contracts.arr
        from contracts
        left join bridged on contracts.contract_id = bridged.contract_id
        union all
        select
            account_id,
            cast(null as varchar) as contract_id,
            started_on as in_force_from,
            churned_on as in_force_to,
            arr
        from accounts
    ),

    final as (
        select
            terms.account_id,
            families.family_account_id,
            terms.contract_id,
            terms.in_force_from,
            terms.in_force_to,
            terms.arr
        from terms
        inner join families on terms.account_id = families.account_id
    )

select *
from final
order by account_id, in_force_from, contract_id
