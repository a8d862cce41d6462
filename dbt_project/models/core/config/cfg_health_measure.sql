-- What the health score is made of, by coverage model.
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
                        "health": {
                            "groups": "MAP(VARCHAR, DOUBLE)",
                            "measures": "MAP(VARCHAR, MAP(VARCHAR, DOUBLE))",
                            "scoring": "MAP(VARCHAR, JSON)",
                            "max_age_d": "MAP(VARCHAR, INTEGER)",
                            "stale_warn_d": "MAP(VARCHAR, INTEGER)",
                            "not_applicable": "MAP(VARCHAR, VARCHAR[])",
                        }
                    },
                )
            }}.health as health
        from {{ ref("int_coverage_model") }}
    ),

    groups as (
        select
            holds_from,
            holds_to,
            effective_from,
            health,
            {{ rows_of("map_entries(models.health.measures)") }} as entry
        from models
    ),

    measures as (
        select
            holds_from,
            holds_to,
            effective_from,
            health,
            groups.entry.key as measure_group,
            {{ rows_of("map_entries(groups.entry.value)") }} as entry
        from groups
    ),

    -- Two measures are scored by a value of another name.
    named as (
        select
            *,
            measures.entry.key as measure,
            case
                measures.entry.key
                when 'last_two_way_meeting'
                then 'last_two_way_meeting_days'
                when 'tickets'
                then 'tickets_30d'
                else measures.entry.key
            end as scored_value
        from measures
    ),

    tiers as (
        select holds_from, {{ rows_of("map_entries(models.health.not_applicable)") }} as entry
        from models
    ),

    not_applicable as (
        select
            named.holds_from,
            named.measure,
            {{ list_in_order("tiers.entry.key", "tiers.entry.key") }} as tiers
        from named
        inner join
            tiers
            on named.holds_from = tiers.holds_from
            and {{ list_has("tiers.entry.value", "named.measure") }}
        group by named.holds_from, named.measure
    ),

    final as (
        select
            named.holds_from,
            named.holds_to,
            named.effective_from,
            named.measure_group,
            named.measure,
            cast(
                row_number() over (
                    partition by named.holds_from order by named.measure_group, named.measure
                ) as integer
            ) as measure_number,
            named.scored_value,
            {{ map_value("named.health.groups", "named.measure_group") }} as group_weight,
            named.entry.value as weight,
            coalesce(
                {{ map_value("named.health.max_age_d", "named.measure") }},
                {{ map_value("named.health.max_age_d", "named.measure_group") }}
            ) as max_age_d,
            {{ map_value("named.health.stale_warn_d", "named.measure") }} as stale_warn_d,
            {{ map_value("named.health.scoring", "named.scored_value") }}
            is null as is_scored_as_is,
            coalesce(not_applicable.tiers, []) as not_applicable_tiers,
            context.as_of as as_of_date,
            context.config_version
        from named
        cross join context
        left join
            not_applicable
            on named.holds_from = not_applicable.holds_from
            and named.measure = not_applicable.measure
    )

select *
from final
order by holds_from, measure_number
