-- How a measured value becomes a score: the cases of each coverage model in the order in which they
-- are tried.
{{ config(schema="core") }}
with
    models as (
        select
            holds_from,
            {{ fields_of("model", {"health": {"scoring": "MAP(VARCHAR, JSON[])"}}) }}.health.scoring
            as scoring
        from {{ ref("int_coverage_model") }}
    ),

    scored_values as (
        select holds_from, {{ rows_of("map_entries(models.scoring)") }} as entry from models
    ),

    placed as (
        select
            holds_from,
            scored_values.entry.key as scored_value,
            scored_values.entry.value as cases,
            {{ rows_of(numbers_between("1", list_length("scored_values.entry.value"))) }}
            as case_number
        from scored_values
    ),

    cases as (
        select
            holds_from,
            scored_value,
            cast(case_number as integer) as case_number,
            {{
                fields_of(
                    element_of("cases", "case_number"),
                    {
                        "age_months": ["DOUBLE"],
                        "tiers": ["VARCHAR"],
                        "steps": [["DOUBLE"]],
                        "linear": {"worst": "DOUBLE", "best": "DOUBLE"},
                    },
                )
            }} as said
        from placed
    ),

    final as (
        select
            holds_from,
            scored_value,
            case_number,
            cases.said.tiers,
            {{ element_of("cases.said.age_months", 1) }} as months_from,
            {{ element_of("cases.said.age_months", 2) }} as months_to,
            cases.said.steps,
            cases.said.linear.worst,
            cases.said.linear.best
        from cases
    )

select *
from final
order by holds_from, scored_value, case_number
