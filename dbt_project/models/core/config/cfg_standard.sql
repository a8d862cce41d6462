-- What each tier is owed, by coverage model. A standard keeps its version for as long as models
-- that follow each other write it the same.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    standards as (
        select
            holds_from,
            holds_to,
            effective_from,
            model_number,
            tier_id,
            cast(standard as varchar) as written,
            {{
                fields_of(
                    "standard",
                    {
                        "family": "VARCHAR",
                        "version": "VARCHAR",
                        "schedule": "VARCHAR",
                        "interval_d": "INTEGER",
                        "hard_max_d": "INTEGER",
                        "period": "VARCHAR",
                        "min_eligible_share": "DOUBLE",
                        "due_d": "INTEGER",
                        "open_d": "INTEGER",
                        "due_business_hours": "DOUBLE",
                        "due_business_days": "INTEGER",
                        "max_age_d": "INTEGER",
                        "when": "VARCHAR",
                        "accepts": ["VARCHAR"],
                        "allow_automation": "BOOLEAN",
                        "quality": [{"condition": "VARCHAR"}],
                        "required": "BOOLEAN",
                        "weight": "DOUBLE",
                        "grace_bd": "INTEGER",
                        "delivery_mode": "VARCHAR",
                        "owner": "VARCHAR",
                        "satisfied_by_families": ["VARCHAR"],
                        "segment_filter": "JSON",
                        "min": "DOUBLE",
                        "per_year": "DOUBLE",
                    },
                )
            }} as standard
        from {{ ref("int_standard") }}
    ),

    compared as (
        select
            *,
            lag(written) over same_family as written_before,
            lag(model_number) over same_family as model_number_before
        from standards
        window same_family as (partition by tier_id, standard.family order by model_number)
    ),

    dated as (
        select
            *,
            max(
                case
                    when written = written_before and model_number = model_number_before + 1
                    then null
                    else effective_from
                end
            ) over (
                partition by tier_id, standard.family
                order by model_number
                rows between unbounded preceding and current row
            ) as written_on
        from compared
    ),

    final as (
        select
            dated.holds_from,
            dated.holds_to,
            dated.effective_from,
            dated.tier_id,
            dated.standard.family,
            coalesce(dated.standard.version, cast(dated.written_on as varchar)) as standard_version,
            dated.standard.schedule as schedule_type,
            dated.standard.interval_d,
            dated.standard.hard_max_d,
            dated.standard.period,
            dated.standard.min_eligible_share,
            dated.standard.due_d,
            dated.standard.open_d,
            dated.standard.due_business_hours,
            dated.standard.due_business_days,
            dated.standard.max_age_d,
            dated.standard."when" as when_predicate,
            dated.standard.accepts,
            dated.standard.allow_automation as is_automation_allowed,
            {{ each_field("dated.standard.quality", "condition") }} as quality,
            dated.standard.required as is_required,
            dated.standard.weight,
            dated.standard.grace_bd,
            dated.standard.delivery_mode,
            dated.standard.owner,
            dated.standard.satisfied_by_families,
            dated.standard.segment_filter,
            dated.standard.min as expected_minutes,
            dated.standard.per_year,
            context.as_of as as_of_date,
            context.config_version
        from dated
        cross join context
    )

select *
from final
order by holds_from, tier_id, family
