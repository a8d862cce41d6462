-- Coverage to standard of each tier in each month and quarter, twice: as the data say now, and as
-- it was first published after the period had closed.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    restated as (select * from {{ ref("int_coverage_tier_today") }}),

    {{
        restated_and_first_reported(
            "mart_coverage_tier_period",
            ["tier_id", "period_type", "period_start"],
            coverage_measures(),
        )
    }}

select *
from final
order by tier_id, period_type, period_start, basis
