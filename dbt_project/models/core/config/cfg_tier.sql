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
                        ],
                        "reactive_hours_per_year": "MAP(VARCHAR, DOUBLE)",
                        "onboarding_hours": "MAP(VARCHAR, DOUBLE)",
                        "over_service_cap_per_quarter": "MAP(VARCHAR, INTEGER)",
                    },
                )
            }} as model
        from {{ ref("int_coverage_model") }}
    ),

    tiers as (
        select
            holds_from,
            holds_to,
            effective_from,
            {{ rows_of("models.model.tiers") }} as tier,
            models.model
        from models
    ),

    -- The accounts of one CSM by the tier's models: 1:many[10,25) is from 10 to below 25.
    books as (
        select holds_from, tier.id as tier_id, {{ rows_of("tier.models") }} as book from tiers
    ),

    reference_books as (
        select
            holds_from,
            tier_id,
            min(cast(split_part(split_part(book, '[', 2), ',', 1) as double)) as reference_low,
            case
                when
                    count(case when split_part(split_part(book, ',', 2), ')', 1) = 'inf' then 1 end)
                    = 0
                then max(cast(split_part(split_part(book, ',', 2), ')', 1) as double))
            end as reference_high
        from books
        where book like '1:many[%'
        group by holds_from, tier_id
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
            {{ map_value("tiers.model.reactive_hours_per_year", "tiers.tier.id") }}
            as reactive_hours_per_year,
            {{ map_value("tiers.model.onboarding_hours", "tiers.tier.id") }} as onboarding_hours,
            {{ map_value("tiers.model.over_service_cap_per_quarter", "tiers.tier.id") }}
            as over_service_cap_per_quarter,
            reference_books.reference_low,
            reference_books.reference_high,
            context.as_of as as_of_date,
            context.config_version
        from tiers
        cross join context
        left join
            reference_books
            on tiers.holds_from = reference_books.holds_from
            and tiers.tier.id = reference_books.tier_id
    )

select *
from final
order by holds_from, tier_rank
