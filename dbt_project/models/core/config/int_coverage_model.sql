-- The coverage models with the days on which each holds. The first holds before its
-- own date, too.
{{ config(schema="core") }}
with
    models as (
        select effective_from, effective_to, model from {{ source("meta", "coverage_model") }}
    ),

    final as (
        select
            case
                when effective_from = min(effective_from) over ()
                then date '0001-01-01'
                else effective_from
            end as holds_from,
            effective_to as holds_to,
            effective_from,
            row_number() over (order by effective_from) as model_number,
            model
        from models
    )

select *
from final
order by holds_from
