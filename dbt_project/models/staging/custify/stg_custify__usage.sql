-- Health scores: their history where it is read, and what each version of a company
-- says.
with
    definitions as (
        select
            source_name, {{ fields_of("payload", {"id": "VARCHAR", "name": "VARCHAR"}) }} as record
        from {{ source("custify", "health_scores") }}
        where not is_deleted
    ),

    versions as (
        select
            source_name,
            known_on,
            extracted_at,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "metrics": {"health_scores": "MAP(VARCHAR, VARCHAR)"},
                    },
                )
            }} as record
        from {{ source("custify", "companies_versions") }}
        where not is_deleted
    ),

    scores as (
        select
            source_name,
            known_on,
            extracted_at,
            record.id as account_id,
            unnest(map_entries(record.metrics.health_scores)) as score
        from versions
    ),

    history as (
        select
            source_name,
            extracted_at,
            {{
                fields_of(
                    "payload",
                    {
                        "_score_id": "VARCHAR",
                        "_company_id": "VARCHAR",
                        "_at": "VARCHAR",
                        "score": "VARCHAR",
                        "value": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "health_score_values") }}
        where not is_deleted
    ),

    -- Custify calls the number `score` or `value`.
    measured as (
        select
            source_name,
            record._company_id as account_id,
            record._score_id as score_id,
            left(record._at, 10) as "on",
            record._at as measured_at,
            coalesce(record.score, record.value) as value,
            extracted_at,
            1 as place
        from history
        union all
        select
            source_name,
            account_id,
            score.key,
            coalesce(
                left(json_extract_string(try_cast(score.value as json), '$.updated_at'), 10),
                cast(known_on as varchar)
            ),
            null,
            coalesce(
                json_extract_string(try_cast(score.value as json), '$.score'),
                json_extract_string(try_cast(score.value as json), '$.value'),
                case when left(score.value, 1) <> '{' then score.value end
            ),
            extracted_at,
            2
        from scores
    ),

    named as (
        select
            measured.*,
            'health_score:'
            || coalesce(nullif(trim(definitions.record.name), ''), measured.score_id) as metric
        from measured
        left join
            definitions
            on measured.source_name = definitions.source_name
            and measured.score_id = definitions.record.id
        where measured.value is not null
    ),

    mapped as (
        select
            source_name,
            cast(null as map(varchar, varchar)) as overrides,
            cast(null as json) as extra,
            account_id,
            "on",
            metric,
            value
        from named
        qualify
            row_number() over (
                partition by source_name, account_id, "on", metric
                order by place, measured_at desc, extracted_at desc, score_id
            )
            = 1
    )

select *
from ({{ stage_records("custify", "usage", "mapped") }})
