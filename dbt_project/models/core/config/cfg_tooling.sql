-- The kinds of work of each coverage model, and what share of each tools could do.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select
            holds_from,
            holds_to,
            effective_from,
            {{ fields_of("model", {"tooling": {"work_types": "MAP(VARCHAR, JSON)"}}) }}
            .tooling.work_types as work_types
        from {{ ref("int_coverage_model") }}
    ),

    entries as (
        select
            holds_from,
            holds_to,
            effective_from,
            {{ rows_of("map_entries(models.work_types)") }} as entry
        from models
    ),

    work_types as (
        select
            holds_from,
            holds_to,
            effective_from,
            lower(entries.entry.key) as work_type,
            {{
                fields_of(
                    "entries.entry.value",
                    {
                        "low": "DOUBLE",
                        "mid": "DOUBLE",
                        "high": "DOUBLE",
                        "tool": "VARCHAR",
                        "human_only": "BOOLEAN",
                    },
                )
            }} as said
        from entries
    ),

    final as (
        select
            work_types.holds_from,
            work_types.holds_to,
            work_types.effective_from,
            work_types.work_type,
            work_types.said.tool,
            work_types.said.low as automatable_low,
            work_types.said.mid as automatable_mid,
            work_types.said.high as automatable_high,
            work_types.said.human_only as is_human_only,
            context.as_of as as_of_date,
            context.config_version
        from work_types
        cross join context
    )

select *
from final
order by holds_from, work_type
