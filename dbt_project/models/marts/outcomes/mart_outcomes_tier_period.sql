-- Renewals and retention of each tier in each month, quarter and twelve months, twice: as the data
-- say now, and as they were first published after the period had closed.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    restated as (select * from {{ ref("int_outcome_tier_today") }}),

    {{
        restated_and_first_reported(
            "mart_outcomes_tier_period",
            ["tier_id", "period_type", "period_start", "attribution"],
            outcome_measures(),
        )
    }}

select *
from final
order by tier_id, period_type, period_start, attribution, basis
