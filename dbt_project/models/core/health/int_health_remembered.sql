-- The recipe that health was last computed by in full, written once all that is kept of it is.
{{ config(schema="core", post_hook="{{ remember_health() }}") }}
-- depends_on: {{ ref("int_health_value") }}
-- depends_on: {{ ref("int_health_named_value") }}
-- depends_on: {{ ref("int_health_score") }}
-- depends_on: {{ ref("int_health_measure_day") }}
-- depends_on: {{ ref("int_health_day") }}
-- depends_on: {{ ref("int_health_basis") }}
-- depends_on: {{ ref("int_health_hold") }}
with final as (select version as recipe from {{ source("meta", "recipe") }})

select *
from final
