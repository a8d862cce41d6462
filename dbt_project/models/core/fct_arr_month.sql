-- ARR of each account on the last day of each month, the running month on as_of. From the
-- first to the last month with a contract in force, with zero in the gaps. Where no source
-- carries contracts, the accounts' own ARR stands from started_on until churned_on.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    contracts as (
        select account_id, starts_on, ends_on, arr, arr_local, currency, fx_rate
        from {{ ref("fct_contract") }}
        where coalesce(starts_on <= ends_on, true)
    ),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    accounts as (
        select
            accounts.account_id,
            accounts.started_on as starts_on,
            {{ add_days("accounts.churned_on", -1) }} as ends_on,
            accounts.arr * rates.rate as arr,
            accounts.arr as arr_local,
            accounts.currency,
            rates.rate as fx_rate
        from {{ ref("accounts") }} as accounts
        left join rates on accounts.currency = rates.currency
        where
            accounts.arr is not null
            and accounts.started_on is not null
            and coalesce(accounts.started_on < accounts.churned_on, true)
            and not {{ is_entity_carried("contracts") }}
    ),

    terms as (
        select *
        from contracts
        union all
        select *
        from accounts
    ),

    terms_begun as (
        select
            terms.*, coalesce(least(terms.ends_on, context.as_of), context.as_of) as last_known_on
        from terms
        cross join context
        where terms.starts_on <= context.as_of
    ),

    spans as (
        select account_id, min(starts_on) as first_on, max(last_known_on) as last_on
        from terms_begun
        group by account_id
    ),

    account_months as (
        select
            account_id,
            cast({{ rows_of(months_between_dates("first_on", "last_on")) }} as date) as month_start
        from spans
    ),

    valued_on as (
        select
            account_months.account_id,
            account_months.month_start,
            least(last_day(account_months.month_start), context.as_of) as valued_on,
            last_day(account_months.month_start) <= context.as_of as is_month_complete
        from account_months
        cross join context
    ),

    term_months as (
        select
            terms_begun.*,
            cast(
                {{ rows_of(months_between_dates("starts_on", "last_known_on")) }} as date
            ) as month_start
        from terms_begun
    ),

    month_values as (
        select
            valued_on.account_id,
            valued_on.month_start,
            valued_on.valued_on,
            valued_on.is_month_complete,
            count(term_months.account_id) as contracts_in_force,
            count(term_months.arr) as contracts_with_rate,
            {{ exact_sum("term_months.arr") }} as arr,
            {{ exact_sum("term_months.arr_local") }} as arr_local,
            min(term_months.currency) as first_currency,
            max(term_months.currency) as last_currency,
            min(term_months.fx_rate) as fx_rate
        from valued_on
        left join
            term_months
            on valued_on.account_id = term_months.account_id
            and valued_on.month_start = term_months.month_start
            and valued_on.valued_on >= term_months.starts_on
            and coalesce(valued_on.valued_on <= term_months.ends_on, true)
        group by
            valued_on.account_id,
            valued_on.month_start,
            valued_on.valued_on,
            valued_on.is_month_complete
    ),

    final as (
        select
            month_values.account_id,
            month_values.month_start,
            month_values.valued_on,
            month_values.is_month_complete,
            case
                when contracts_in_force = 0
                then 0
                when contracts_in_force = contracts_with_rate
                then month_values.arr
            end as arr,
            case when first_currency = last_currency then month_values.arr_local end as arr_local,
            case when first_currency = last_currency then first_currency end as currency,
            case when first_currency = last_currency then month_values.fx_rate end as fx_rate,
            membership.assigned_tier_id as tier_id,
            cast(contracts_in_force as integer) as contracts_in_force,
            context.as_of as as_of_date,
            context.config_version
        from month_values
        cross join context
        left join
            {{ ref("tier_membership_scd2") }} as membership
            on month_values.account_id = membership.account_id
            and month_values.month_start >= membership.valid_from
            and coalesce(month_values.month_start < membership.valid_to, true)
    )

select *
from final
order by account_id, month_start
