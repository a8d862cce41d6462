with
    records as (
        select
            source_name,
            overrides,
            extra,
            known_on,
            is_deleted,
            is_current,
            payload,
            {{
                fields_of(
                    "payload",
                    {
                        "Gsid": "VARCHAR",
                        "Name": "VARCHAR",
                        "ARR": "VARCHAR",
                        "CurrencyIsoCode": "VARCHAR",
                        "Industry": "VARCHAR",
                        "Employees": "VARCHAR",
                        "Website": "VARCHAR",
                        "Domain": "VARCHAR",
                        "Country": "VARCHAR",
                        "Segment": "VARCHAR",
                        "Stage": "VARCHAR",
                        "LifecycleStage": "VARCHAR",
                        "Status": "VARCHAR",
                        "ParentCompany": "VARCHAR",
                        "OriginalContractDate": "VARCHAR",
                        "ChurnDate": "VARCHAR",
                        "Csm": "VARCHAR",
                        "Csm__gr.Email": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("gainsight", "companies_versions") }}
    ),

    labels as (select source_name, item_id, label from {{ ref("int_gainsight__picklist_item") }}),

    directory as (
        select source_name, written_as, email
        from {{ ref("int_gainsight__directory") }}
        where side = 'internal'
    ),

    labelled as (
        select
            records.*,
            coalesce(industries.label, records.record."Industry") as industry,
            coalesce(countries.label, records.record."Country") as country,
            coalesce(segments.label, records.record."Segment") as segment,
            coalesce(
                lifecycle_stages.label,
                records.record."LifecycleStage",
                stages.label,
                records.record."Stage"
            ) as stage_text,
            coalesce(statuses.label, records.record."Status") as status_text
        from records
        {% for alias, field in [
                ("industries", "Industry"),
                ("countries", "Country"),
                ("segments", "Segment"),
                ("lifecycle_stages", "LifecycleStage"),
                ("stages", "Stage"),
                ("statuses", "Status"),
            ] -%}
            left join
                labels as {{ alias }}
                on records.source_name = {{ alias }}.source_name
                and records.record."{{ field }}" = {{ alias }}.item_id
        {% endfor %}
    ),

    worded as (
        select
            *,
            {{ parse_word("trim(stage_text)") }} as stage,
            {{ parse_word("trim(status_text)") }} as status
        from labelled
    ),

    mapped as (
        select
            worded.source_name,
            worded.overrides,
            worded.extra,
            worded.known_on,
            worded.is_deleted,
            worded.is_current,
            worded.record."Gsid" as account_id,
            worded.record."Name" as name,
            coalesce(
                {{ domain_of('worded.record."Website"') }},
                {{ domain_of('worded.record."Domain"') }}
            ) as domain,
            worded.record."ParentCompany" as parent_account_id,
            worded.record."CurrencyIsoCode" as currency,
            coalesce(worded.record."ARR", {{ text_of("worded.payload", "Arr") }}) as arr,
            worded.industry,
            worded.country,
            worded.record."Employees" as employees,
            worded.segment,
            -- A stage of the tenant's own stays as it is: it is counted as unknown, and a person
            -- maps another field.
            case
                when worded.status in ('churn', 'churned')
                then 'churned'
                when worded.stage in ('new_customer', 'kicked_off', 'implementation')
                then 'onboarding'
                when worded.stage in ('launched', 'adoption')
                then 'adopting'
                when worded.stage in ('will_churn', 'renewal', 'active')
                then 'customer'
                when worded.stage in ('churn')
                then 'churned'
                else worded.stage
            end as lifecycle_stage,
            {{ date_of('worded.record."OriginalContractDate"') }} as started_on,
            {{ date_of('worded.record."ChurnDate"') }} as churned_on,
            coalesce(
                directory.email, nullif(trim(worded.record."Csm__gr.Email"), '')
            ) as owner_email
        from worded
        left join
            directory
            on worded.source_name = directory.source_name
            and lower(worded.record."Csm") = directory.written_as
    )

select *
from
    (
        {{
            stage_records(
                "gainsight",
                "accounts",
                "mapped",
                also=["known_on", "is_deleted", "is_current"],
            )
        }}
    )
