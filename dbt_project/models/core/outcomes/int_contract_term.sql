-- The terms of each contract: the one that was signed and, where it renews itself, those that may
-- have followed by as_of. Which of them there were depends on what succeeded the contract.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    accounts as (select account_id, churned_on, churn_notice_on from {{ ref("accounts") }}),

    signed as (
        select
            contracts.*,
            {{ add_days("contracts.ends_on", 1) }} as scheduled_on,
            rates.rate as fx_rate,
            coalesce(
                contracts.notice_on,
                case
                    when accounts.churn_notice_on >= contracts.starts_on
                    then accounts.churn_notice_on
                end
            ) as noticed_on,
            case
                when accounts.churned_on > contracts.starts_on then accounts.churned_on
            end as churned_on,
            context.as_of
        from {{ ref("contracts") }} as contracts
        cross join context
        left join rates on contracts.currency = rates.currency
        left join accounts on contracts.account_id = accounts.account_id
    ),

    measured as (
        select
            *,
            coalesce(
                auto_renews
                and starts_on <= ends_on
                and coalesce(status not in ('churned', 'cancelled'), true),
                false
            ) as renews_itself,
            {{ days_between("starts_on", "scheduled_on") }} as days,
            case
                when
                    {{ months_later("starts_on", months_apart("starts_on", "scheduled_on")) }}
                    = scheduled_on
                then {{ months_apart("starts_on", "scheduled_on") }}
            end as months
        from signed
    ),

    -- No term is shorter than its days less three: months of 31 days are followed by shorter ones.
    numbered as (
        select
            *,
            {{
                rows_of(
                    numbers_between(
                        1,
                        "case when renews_itself and scheduled_on <= as_of then 2 + floor("
                        ~ days_between("starts_on", "as_of")
                        ~ " / greatest(days - 3, 1)) else 1 end",
                    )
                )
            }} as term_number
        from measured
    ),

    dated as (
        select
            *,
            case
                when term_number = 1 then starts_on else {{ term_start("term_number - 1") }}
            end as term_starts_on,
            case
                when term_number = 1 then scheduled_on else {{ term_start("term_number") }}
            end as term_scheduled_on
        from numbered
    ),

    final as (
        select
            case
                when term_number = 1 then contract_id else concat(contract_id, '/', term_number)
            end as contract_id,
            contract_id as signed_contract_id,
            cast(term_number as integer) as term_number,
            account_id,
            product,
            status,
            term_starts_on as starts_on,
            {{ add_days("term_scheduled_on", -1) }} as ends_on,
            term_scheduled_on as scheduled_on,
            arr * fx_rate as arr,
            arr as arr_local,
            currency,
            fx_rate,
            case when term_number = 1 then signed_on end as signed_on,
            notice_on,
            noticed_on,
            case
                when term_number = 1
                then predecessor_contract_id
                when term_number = 2
                then contract_id
                else concat(contract_id, '/', term_number - 1)
            end as predecessor_contract_id,
            auto_renews,
            source_name
        from dated
        where
            term_number = 1
            or (
                term_starts_on <= as_of
                and coalesce(noticed_on >= term_starts_on, true)
                and coalesce(churned_on > term_starts_on, true)
            )
    )

select *
from final
order by contract_id
