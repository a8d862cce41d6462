-- ARR of each account on the first day of each month, where anything of it is in force.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    terms as (
        select terms.account_id, terms.arr, terms.in_force_from, terms.in_force_to, context.as_of
        from {{ ref("int_term_in_force") }} as terms
        cross join context
        where
            terms.in_force_from <= context.as_of
            and coalesce(terms.in_force_from < terms.in_force_to, true)
    ),

    term_months as (
        select
            account_id,
            arr,
            in_force_from,
            in_force_to,
            cast(
                {{
                    rows_of(
                        months_between_dates(
                            "in_force_from", "coalesce(least(in_force_to, as_of), as_of)"
                        )
                    )
                }} as date
            ) as month_start
        from terms
    ),

    final as (
        select
            account_id,
            month_start,
            case when count(*) = count(arr) then {{ exact_sum("arr") }} end as arr
        from term_months
        where in_force_from <= month_start and coalesce(month_start < in_force_to, true)
        group by account_id, month_start
    )

select *
from final
order by account_id, month_start
