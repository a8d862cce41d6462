-- Whether what earlier nights computed still stands: the last of them finished it, by the same
-- recipe, and nobody has taken a table away. One row.
{{ config(schema="core") }}
with
    finished as (
        select count(*) as nights
        from {{ kept_from_night_to_night("health_night") }} as night
        inner join {{ source("meta", "recipe") }} as recipe on night.recipe = recipe.version
    ),

    final as (
        select
            nights > 0 and {{ all_tables_exist(this.schema, kept_health_tables()) }} as is_standing
        from finished
    )

select *
from final
