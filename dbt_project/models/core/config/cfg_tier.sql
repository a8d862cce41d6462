-- The tiers of each coverage model.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select
            holds_from,
            holds_to,
            effective_from,
            {{
                fields_of(
                    "model",
                    {
                        "tiers": [
                            {
                                "id": "VARCHAR",
                                "name": "VARCHAR",
                                "arr_from": "DOUBLE",
                                "arr_to": "DOUBLE",
                                "touch": "VARCHAR",
                                "models": ["VARCHAR"],
                                "target_cts": "DOUBLE",
                            }
                        ]
                    },
                )
            }} as model
        from {{ ref("int_coverage_model") }}
    ),

    tiers as (
        select holds_from, holds_to, effective_from, {{ rows_of("models.model.tiers") }} as tier
        from models
    ),

    final as (
        select
            tiers.holds_from,
            tiers.holds_to,
            tiers.effective_from,
            tiers.tier.id as tier_id,
            tiers.tier.name,
            cast(
                row_number() over (
                    partition by tiers.holds_from order by tiers.tier.arr_from
                ) as integer
            ) as tier_rank,
            tiers.tier.arr_from,
            tiers.tier.arr_to,
            tiers.tier.touch,
            tiers.tier.models,
            tiers.tier.target_cts,
            context.as_of as as_of_date,
            context.config_version
        from tiers
        cross join context
    )

select *
from final
order by holds_from, tier_rank
