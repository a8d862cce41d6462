-- When something that befalls many is a crisis, and who does what then: one row a coverage model
-- and type of alert.
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
                        "crisis": {
                            "window_d": "INTEGER",
                            "baseline_weeks": "INTEGER",
                            "watch_p": "DOUBLE",
                            "crisis_p": "DOUBLE",
                            "arr_share": "DOUBLE",
                            "top_n_accounts": "INTEGER",
                            "cluster_accounts": "INTEGER",
                            "cluster_ratio": "DOUBLE",
                            "parts_factor": "DOUBLE",
                            "quiet_d": "INTEGER",
                            "plans": "MAP(VARCHAR, JSON)",
                        }
                    },
                )
            }} as model
        from {{ ref("int_coverage_model") }}
    ),

    entries as (
        select
            holds_from,
            holds_to,
            effective_from,
            models.model.crisis as crisis,
            {{ rows_of("map_entries(models.model.crisis.plans)") }} as entry
        from models
    ),

    plans as (
        select
            holds_from,
            holds_to,
            effective_from,
            crisis,
            entries.entry.key as alert_type,
            {{
                fields_of(
                    "entries.entry.value",
                    {
                        "plan_id": "VARCHAR",
                        "owner": "VARCHAR",
                        "script": "VARCHAR",
                        "manual_step": "BOOLEAN",
                    },
                )
            }} as plan
        from entries
    ),

    final as (
        select
            plans.holds_from,
            plans.holds_to,
            plans.effective_from,
            plans.alert_type,
            plans.crisis.window_d,
            plans.crisis.baseline_weeks,
            plans.crisis.watch_p,
            plans.crisis.crisis_p,
            plans.crisis.arr_share,
            plans.crisis.top_n_accounts,
            case
                when plans.alert_type in ('churn_cluster', 'sponsor_loss_cluster')
                then 2
                else plans.crisis.cluster_accounts
            end as least_events,
            case
                when plans.alert_type in ('churn_cluster', 'sponsor_loss_cluster')
                then 1.0
                else plans.crisis.cluster_ratio
            end as least_ratio,
            plans.crisis.parts_factor,
            plans.crisis.quiet_d,
            plans.plan.plan_id,
            plans.plan.owner,
            plans.plan.script,
            plans.plan.manual_step as is_manual_step_required,
            context.as_of as as_of_date,
            context.config_version
        from plans
        cross join context
    )

select *
from final
order by holds_from, alert_type
