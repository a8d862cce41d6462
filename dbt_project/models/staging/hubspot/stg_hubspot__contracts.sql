-- A deal is a contract once its stage says that it is won. Without a mapped field its contract
-- begins on the day on which it was won, and its amount is a year's.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "pipeline",
                            "dealstage",
                            "amount",
                            "deal_currency_code",
                            "closedate",
                            "hs_is_closed_won",
                        ],
                        ["companies"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "deals") }}
        where not is_deleted
    ),

    swallowed as ({{ hubspot_swallowed("deals") }}),

    pipelines as (
        select
            source_name,
            record_key as pipeline_id,
            {{
                fields_of(
                    "payload",
                    {
                        "label": "VARCHAR",
                        "stages": [
                            {
                                "id": "VARCHAR",
                                "metadata": {
                                    "isClosed": "VARCHAR",
                                    "probability": "VARCHAR",
                                },
                            }
                        ],
                    },
                )
            }} as record
        from {{ source("hubspot", "deal_pipelines") }}
        where not is_deleted
    ),

    stages as (
        select
            source_name,
            pipeline_id,
            pipeline,
            stage.id as stage_id,
            stage.metadata."isClosed" = 'true'
            and try_cast(stage.metadata.probability as double) = 1 as is_won
        from
            (
                select
                    source_name,
                    pipeline_id,
                    record.label as pipeline,
                    unnest(record.stages) as stage
                from pipelines
            ) as staged
    ),

    chosen as (
        select source_name, string_split(value, ';') as pipelines
        from {{ source("meta", "source_option") }}
        where option = 'contract_pipelines'
    ),

    mapped as (
        select
            records.source_name,
            records.overrides,
            records.extra,
            records.record_key as contract_id,
            records.record."_associations".companies[1] as account_id,
            coalesce(
                strftime(
                    timezone(
                        context.time_zone,
                        try_cast(records.record.properties.closedate as timestamptz)
                    ),
                    '%Y-%m-%d'
                ),
                records.record.properties.closedate
            ) as signed_on,
            signed_on as starts_on,
            records.record.properties.amount as arr,
            records.record.properties.deal_currency_code as currency
        from records
        anti join swallowed using (source_name, record_key)
        cross join {{ source("meta", "context") }} as context
        left join
            stages
            on records.source_name = stages.source_name
            and records.record.properties.pipeline = stages.pipeline_id
            and records.record.properties.dealstage = stages.stage_id
        left join chosen on records.source_name = chosen.source_name
        where
            coalesce(stages.is_won, records.record.properties.hs_is_closed_won = 'true')
            and (
                chosen.pipelines is null
                or list_contains(chosen.pipelines, records.record.properties.pipeline)
                or list_contains(chosen.pipelines, stages.pipeline)
            )
    )

select *
from ({{ stage_records("hubspot", "contracts", "mapped") }})
