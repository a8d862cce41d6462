-- The standards of each coverage model as they are written.
{{ config(schema="core") }}
with
    models as (
        select
            holds_from,
            holds_to,
            effective_from,
            model_number,
            {{ fields_of("model", {"standards": "MAP(VARCHAR, JSON[])"}) }} as model
        from {{ ref("int_coverage_model") }}
    ),

    by_tier as (
        select
            holds_from,
            holds_to,
            effective_from,
            model_number,
            {{ rows_of("map_entries(models.model.standards)") }} as entry
        from models
    ),

    final as (
        select
            holds_from,
            holds_to,
            effective_from,
            model_number,
            by_tier.entry.key as tier_id,
            {{ rows_of("by_tier.entry.value") }} as standard
        from by_tier
    )

select *
from final
