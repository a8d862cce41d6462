-- ARR that did not move as its movements say, term ends that are told twice or not at all or fall
-- into parts that do not make them up, and contracts that are handed on in part or more than once.
{{ config(meta={"dagster": {"ref": {"name": "fct_arr_month"}}}) }}
with
    months as (select * from {{ ref("fct_arr_month") }}),

    movements as (select * from {{ ref("fct_arr_movement") }}),

    renewals as (select * from {{ ref("fct_renewal") }}),

    contracts as (select * from {{ ref("fct_contract") }}),

    successions as (select * from {{ ref("int_contract_succession") }}),

    accounts as (select account_id from {{ ref("dim_account") }}),

    moved as (
        select
            account_id,
            cast(date_trunc('month', moved_on) as date) as month_start,
            sum(amount) as amount,
            count(case when amount is null then 1 end) as unknown
        from movements
        group by account_id, cast(date_trunc('month', moved_on) as date)
    ),

    compared as (
        select
            account_id,
            case when months.month_start is null then 0 else months.arr end as arr,
            sum(coalesce(moved.amount, 0)) over so_far as arr_by_movements,
            sum(case when moved.unknown > 0 then 1 end) over (
                partition by account_id
            ) as months_unknown
        from months
        full join moved using (account_id, month_start)
        window
            so_far as (
                partition by account_id
                order by month_start
                rows between unbounded preceding and current row
            )
    ),

    handed_on as (
        select successor_contract_id, sum(weight) as weight
        from successions
        group by successor_contract_id
    ),

    final as (
        select 'ARR and its movements' as problem, account_id as id
        from compared
        where months_unknown is null and abs(arr - arr_by_movements) > 0.01
        union all
        select 'parts of a term end' as problem, renewal_id as id
        from renewals
        where
            abs(atr - retained_arr - contraction_arr - churned_arr - open_arr) > 0.01
            or abs(renewed_arr - retained_arr - expansion_arr) > 0.01
            or (outcome = 'upcoming') <> (is_on_time is null)
        union all
        select 'term ends' as problem, contracts.contract_id as id
        from contracts
        inner join accounts on contracts.account_id = accounts.account_id
        left join renewals on contracts.contract_id = renewals.contract_id
        where contracts.starts_on <= contracts.ends_on and renewals.contract_id is null
        union all
        select 'shares of a contract' as problem, successor_contract_id as id
        from handed_on
        where abs(weight - 1) > 0.000001
        union all
        select 'transfers' as problem, predecessor_contract_id as id
        from movements
        where type = 'transfer'
        group by predecessor_contract_id
        having abs(sum(amount)) > 0.01
    )

select *
from final
