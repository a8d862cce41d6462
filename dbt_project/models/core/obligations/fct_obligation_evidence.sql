-- How the activity that settled an obligation does on each of its standard's conditions.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    obligations as (select * from {{ ref("int_obligation") }}),

    conditions as (select * from {{ ref("int_touch_condition") }}),

    final as (
        select
            obligations.obligation_id,
            obligations.activity_id,
            conditions."position",
            conditions.condition,
            conditions.result,
            conditions.value,
            context.as_of as as_of_date,
            context.config_version
        from obligations
        cross join context
        inner join
            conditions
            on obligations.activity_id = conditions.activity_id
            and obligations.judged_by = conditions.standard_number
    )

select *
from final
order by obligation_id, "position"
