-- The quality of activities by standards that have conditions.
{{ config(schema="core") }}
with
    conditions as (select * from {{ ref("int_touch_condition") }}),

    final as (
        select
            account_id,
            standard_number,
            activity_id,
            case
                when bool_or(result = 'fail')
                then 'below_standard'
                when bool_or(result = 'no_data')
                then 'unverifiable'
                else 'to_standard'
            end as quality,
            {{ list_in_order("condition", '"position"', "result = 'fail'") }} as failed_conditions
        from conditions
        group by account_id, standard_number, activity_id
    )

select *
from final
