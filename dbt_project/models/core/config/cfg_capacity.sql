-- What a full-time person has to give by each coverage model, and when that is too
-- little.
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
                        "capacity": {
                            "work_days": "DOUBLE",
                            "hours_day": "DOUBLE",
                            "internal_share": "DOUBLE",
                            "reactive_shrink_k": "DOUBLE",
                            "over_util": "DOUBLE",
                            "under_util": "DOUBLE",
                            "ramp_by_quarter": ["DOUBLE"],
                            "complexity_multiplier": {
                                "low": "DOUBLE",
                                "medium": "DOUBLE",
                                "high": "DOUBLE",
                            },
                        },
                        "ratio_reference": {
                            "high_touch": "DOUBLE",
                            "tech_touch": "DOUBLE",
                        },
                        "model_risk": {
                            "over_service": "DOUBLE",
                            "under_service": "DOUBLE",
                            "lead_fully_booked": "DOUBLE",
                        },
                    },
                )
            }} as model
        from {{ ref("int_coverage_model") }}
    ),

    final as (
        select
            models.holds_from,
            models.holds_to,
            models.effective_from,
            models.model.capacity.work_days,
            models.model.capacity.hours_day,
            models.model.capacity.internal_share,
            models.model.capacity.work_days
            * models.model.capacity.hours_day
            * (1 - models.model.capacity.internal_share) as net_hours_per_fte,
            models.model.capacity.reactive_shrink_k,
            models.model.capacity.over_util,
            models.model.capacity.under_util,
            models.model.capacity.ramp_by_quarter,
            coalesce(
                models.model.capacity.complexity_multiplier.low, 1
            ) as complexity_multiplier_low,
            coalesce(
                models.model.capacity.complexity_multiplier.medium, 1
            ) as complexity_multiplier_medium,
            coalesce(
                models.model.capacity.complexity_multiplier.high, 1
            ) as complexity_multiplier_high,
            models.model.ratio_reference.high_touch as reference_low,
            models.model.ratio_reference.tech_touch as reference_high,
            models.model.model_risk.under_service as under_service,
            models.model.model_risk.over_service as over_service,
            models.model.model_risk.lead_fully_booked as lead_fully_booked,
            context.as_of as as_of_date,
            context.config_version
        from models
        cross join context
    )

select *
from final
order by holds_from
