-- From where a drawback of a distribution model is a risk, by each coverage model.
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
                        "model_risk": {
                            "lead_fully_booked": "DOUBLE",
                            "time_cv": "DOUBLE",
                            "close_book": "INTEGER",
                            "spiral_growth": "DOUBLE",
                            "spiral_min_hours": "DOUBLE",
                            "complex_book": "INTEGER",
                            "high_arr": "DOUBLE",
                            "high_arr_book": "INTEGER",
                            "quality_drop": "DOUBLE",
                            "burnout_weeks": {
                                "weeks": "INTEGER",
                                "out_of": "INTEGER",
                            },
                            "after_hours_share": "DOUBLE",
                            "activity_drop": "DOUBLE",
                            "burnout_share": "DOUBLE",
                            "smallest_team": "INTEGER",
                            "show_people": "BOOLEAN",
                            "resource_block": "DOUBLE",
                            "arr_concentration": "DOUBLE",
                            "hhi": "DOUBLE",
                            "cost_growth": "DOUBLE",
                            "coordination_events": "INTEGER",
                            "few_hours_share": "DOUBLE",
                            "few_hours_csms": "INTEGER",
                            "pool_hands": "DOUBLE",
                            "pool_spread": "DOUBLE",
                            "without_notes": "DOUBLE",
                            "min_touches": "INTEGER",
                            "continuity": "DOUBLE",
                            "broadcast_reach": "DOUBLE",
                            "linked_share": "DOUBLE",
                            "assignment": {
                                "industry": "DOUBLE",
                                "segment": "DOUBLE",
                                "experience": "DOUBLE",
                                "time_zone": "DOUBLE",
                                "coverage": "DOUBLE",
                                "room": "DOUBLE",
                            },
                        },
                        "distribution": {"gross_margin": "DOUBLE"},
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
            models.model.distribution.gross_margin,
            models.model.model_risk.lead_fully_booked,
            models.model.model_risk.time_cv,
            models.model.model_risk.close_book,
            models.model.model_risk.spiral_growth,
            models.model.model_risk.spiral_min_hours,
            models.model.model_risk.complex_book,
            models.model.model_risk.high_arr,
            models.model.model_risk.high_arr_book,
            models.model.model_risk.quality_drop,
            models.model.model_risk.burnout_weeks.weeks as burnout_weeks,
            models.model.model_risk.burnout_weeks.out_of as burnout_out_of_weeks,
            models.model.model_risk.after_hours_share,
            models.model.model_risk.activity_drop,
            models.model.model_risk.burnout_share,
            models.model.model_risk.smallest_team,
            models.model.model_risk.show_people as has_people_shown,
            models.model.model_risk.resource_block,
            models.model.model_risk.arr_concentration,
            models.model.model_risk.hhi,
            models.model.model_risk.cost_growth,
            models.model.model_risk.coordination_events,
            models.model.model_risk.few_hours_share,
            models.model.model_risk.few_hours_csms,
            models.model.model_risk.pool_hands,
            models.model.model_risk.pool_spread,
            models.model.model_risk.without_notes,
            models.model.model_risk.min_touches,
            models.model.model_risk.continuity,
            models.model.model_risk.broadcast_reach,
            models.model.model_risk.linked_share,
            models.model.model_risk.assignment.industry as match_industry,
            models.model.model_risk.assignment.segment as match_segment,
            models.model.model_risk.assignment.experience as match_experience,
            models.model.model_risk.assignment.time_zone as match_time_zone,
            models.model.model_risk.assignment.coverage as match_coverage,
            models.model.model_risk.assignment.room as match_room,
            context.as_of as as_of_date,
            context.config_version
        from models
        cross join context
    )

select *
from final
order by holds_from
