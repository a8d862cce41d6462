-- ARR of each account on the last day of each month, the running month on as_of. From the first to
-- the last month with a contract in force, with zero in the gaps.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    terms as (
        select
            account_id, in_force_from as starts_on, in_force_to, arr, arr_local, currency, fx_rate
        from {{ ref("int_term_in_force") }}
    ),

    terms_begun as (
        select
            terms.*,
            coalesce(
                least({{ add_days("terms.in_force_to", -1) }}, context.as_of), context.as_of
            ) as last_known_on
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
            and coalesce(valued_on.valued_on < term_months.in_force_to, true)
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
