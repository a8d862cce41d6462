-- The single settings of each coverage model.
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
                        "tiering": {
                            "promote_days": "INTEGER",
                            "demote_edge": "DOUBLE",
                            "demote_days": "INTEGER",
                            "freeze_before_renewal_days": "INTEGER",
                            "override_max_days": "INTEGER",
                        },
                        "calendar": {
                            "grace_bd": "INTEGER",
                            "logging_lag_bd": "INTEGER",
                            "period_close_bd": "INTEGER",
                        },
                        "unresponsive": {
                            "attempts": "INTEGER",
                            "channels": "INTEGER",
                            "spread_bd": "INTEGER",
                            "counts_as": "VARCHAR",
                        },
                        "renewals": {
                            "late_grace_d": "INTEGER",
                            "late_max_d": "INTEGER",
                            "overlap_d": "INTEGER",
                            "netting": "VARCHAR",
                        },
                        "calibration": {
                            "min_lost": "INTEGER",
                            "auc_ok_lower": "DOUBLE",
                        },
                        "stats": {"low_n": "INTEGER", "top1_share_flag": "DOUBLE"},
                        "time": {
                            "mostly_reactive": "DOUBLE",
                            "max_unaccounted": "DOUBLE",
                            "prep_counts_as": "VARCHAR",
                            "usual_minutes": {
                                "email": "DOUBLE",
                                "chat": "DOUBLE",
                                "call": "DOUBLE",
                                "meeting": "DOUBLE",
                            },
                            "admin_work_types": ["VARCHAR"],
                            "documented_within_bd": "INTEGER",
                            "same_motion_distance": "DOUBLE",
                            "deep_from_minutes": "DOUBLE",
                        },
                        "tooling": {
                            "prior_low": "DOUBLE",
                            "prior_high": "DOUBLE",
                            "redeployment": "DOUBLE",
                            "mixed_from": "DOUBLE",
                            "live_share": "DOUBLE",
                            "fresh_d": "INTEGER",
                            "annual_cost": "DOUBLE",
                            "setup_cost": "DOUBLE",
                        },
                        "whatif": {
                            "capacity_uplift": "DOUBLE",
                            "tooling_constraint_share": "DOUBLE",
                            "trigger_minutes": "DOUBLE",
                        },
                        "signals": {
                            "max_age_d": {
                                "activities": "INTEGER",
                                "tickets": "INTEGER",
                                "usage": "INTEGER",
                            },
                            "recount_share": "DOUBLE",
                            "recount_change": "DOUBLE",
                            "recount_accounts": "INTEGER",
                            "step_up_hours": "DOUBLE",
                            "act_within_d": "INTEGER",
                            "outcome_within_d": "INTEGER",
                        },
                        "health": {
                            "bands": {"green": "DOUBLE", "yellow": "DOUBLE"},
                            "min_coverage": "DOUBLE",
                            "account_grace_d": "INTEGER",
                            "band_dwell_runs": "INTEGER",
                            "override": {
                                "red_sentiment_caps": "DOUBLE",
                                "max_days": "INTEGER",
                            },
                            "drift": {
                                "share": "DOUBLE",
                                "points": "DOUBLE",
                                "hold_d": "INTEGER",
                            },
                        },
                    },
                )
            }} as model,
            md5({{ json_value("model", "health", "varchar") }}) as health_version
        from {{ ref("int_coverage_model") }}
    ),

    final as (
        select
            models.holds_from,
            models.holds_to,
            models.effective_from,
            models.model.tiering.promote_days,
            models.model.tiering.demote_edge,
            models.model.tiering.demote_days,
            models.model.tiering.freeze_before_renewal_days,
            models.model.tiering.override_max_days,
            models.model.calendar.grace_bd,
            models.model.calendar.logging_lag_bd,
            models.model.calendar.period_close_bd,
            models.model.unresponsive.attempts as unresponsive_attempts,
            models.model.unresponsive.channels as unresponsive_channels,
            models.model.unresponsive.spread_bd as unresponsive_spread_bd,
            models.model.unresponsive.counts_as as unresponsive_counts_as,
            models.model.renewals.late_grace_d,
            models.model.renewals.late_max_d,
            models.model.renewals.overlap_d,
            models.model.renewals.netting,
            models.model.stats.low_n,
            models.model.stats.top1_share_flag,
            models.model.time.mostly_reactive,
            models.model.time.max_unaccounted,
            models.model.time.prep_counts_as,
            models.model.time.usual_minutes.email as usual_email_minutes,
            models.model.time.usual_minutes.chat as usual_chat_minutes,
            models.model.time.usual_minutes.call as usual_call_minutes,
            models.model.time.usual_minutes.meeting as usual_meeting_minutes,
            models.model.time.admin_work_types,
            models.model.time.documented_within_bd,
            models.model.time.same_motion_distance,
            models.model.time.deep_from_minutes,
            models.model.tooling.prior_low as tooling_prior_low,
            models.model.tooling.prior_high as tooling_prior_high,
            models.model.tooling.redeployment as tooling_redeployment,
            models.model.tooling.mixed_from as tooling_mixed_from,
            models.model.tooling.live_share as tooling_live_share,
            models.model.tooling.fresh_d as tooling_fresh_d,
            models.model.tooling.annual_cost as tooling_annual_cost,
            models.model.tooling.setup_cost as tooling_setup_cost,
            models.model.whatif.capacity_uplift,
            models.model.whatif.tooling_constraint_share,
            models.model.whatif.trigger_minutes,
            models.model.signals.max_age_d.activities as activity_max_age_d,
            models.model.signals.max_age_d.tickets as ticket_max_age_d,
            models.model.signals.max_age_d.usage as usage_max_age_d,
            models.model.signals.recount_share,
            models.model.signals.recount_change,
            models.model.signals.recount_accounts,
            models.model.signals.step_up_hours,
            models.model.signals.act_within_d,
            models.model.signals.outcome_within_d,
            models.model.health.bands.green as green_from,
            models.model.health.bands.yellow as yellow_from,
            models.model.health.min_coverage,
            models.model.health.account_grace_d,
            models.model.health.band_dwell_runs,
            models.model.health.override.red_sentiment_caps,
            models.model.health.override.max_days as health_override_max_days,
            models.model.health.drift.share as drift_share,
            models.model.health.drift.points as drift_points,
            models.model.health.drift.hold_d as drift_hold_d,
            models.health_version,
            models.model.calibration.min_lost as calibration_min_lost,
            models.model.calibration.auc_ok_lower as calibration_auc_ok_lower,
            context.as_of as as_of_date,
            context.config_version
        from models
        cross join context
    )

select *
from final
order by holds_from
