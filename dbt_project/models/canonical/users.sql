-- Sources that know the same person by the same email give one row.
with
    unified as ({{ one_row_per_person("users") }}),

    final as (
        select
            unified.user_id,
            unified.email,
            unified.name,
            unified.role,
            unified.function,
            unified.team,
            unified.fte,
            unified.weekly_hours,
            unified.started_on,
            unified.ended_on,
            unified.time_zone,
            unified.loaded_cost_per_year,
            unified.skills,
            unified.source_name,
            unified.attributes
        from unified
    )

select *
from final
