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
                        "stats": {"low_n": "INTEGER", "top1_share_flag": "DOUBLE"},
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
            context.as_of as as_of_date,
            context.config_version
        from models
        cross join context
    )

select *
from final
order by holds_from
