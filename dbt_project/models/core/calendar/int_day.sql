-- The days on which anything is counted: from 2015, or some time before the first contract, to
-- three years after as_of, as far as due dates reach.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    first_days as (
        select {{ add_days("starts_on", -100) }} as first_day
        from {{ ref("fct_contract") }}
        union all
        select {{ add_days("started_on", -100) }} as first_day
        from {{ ref("accounts") }}
        union all
        select date '2015-01-01' as first_day
    ),

    -- A slip of the pen in a year must not make a calendar of two thousand years.
    bounds as (
        select
            greatest(min(first_days.first_day), date '1990-01-01') as first_day,
            max({{ add_days("context.as_of", 1095) }}) as last_day
        from first_days
        cross join context
    ),

    final as (
        select cast({{ rows_of(days_between_dates("first_day", "last_day")) }} as date) as day
        from bounds
    )

select *
from final
order by day
