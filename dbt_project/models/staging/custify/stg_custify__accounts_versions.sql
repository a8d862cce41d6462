{%- set stages -%} 'prospect', 'onboarding', 'adopting', 'customer', 'churned' {%- endset -%}
with
    records as (
        select
            source_name,
            overrides,
            extra,
            known_on,
            is_deleted,
            is_current,
            {{
                fields_of(
                    "payload",
                    {
                        "id": "VARCHAR",
                        "name": "VARCHAR",
                        "website": "VARCHAR",
                        "domain": "VARCHAR",
                        "monthly_revenue": "VARCHAR",
                        "mrr": "VARCHAR",
                        "arr": "VARCHAR",
                        "industry": "VARCHAR",
                        "size": "VARCHAR",
                        "churned": "VARCHAR",
                        "lifecycle_stage": "VARCHAR",
                        "status": "VARCHAR",
                        "signed_up_at": "VARCHAR",
                        "owners_csm": "VARCHAR",
                        "owners_csm_email": "VARCHAR",
                        "parent_companies": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("custify", "companies_versions") }}
    ),

    users as (
        select source_name, user_id, email
        from {{ ref("stg_custify__users") }}
        where quarantine_reason is null
    ),

    worded as (
        select
            *,
            coalesce(
                nullif(trim(record.monthly_revenue), ''), nullif(trim(record.mrr), '')
            ) as monthly,
            {{ parse_word("trim(record.lifecycle_stage)") }} as stage,
            {{ parse_word("trim(record.status)") }} as status
        from records
    ),

    mapped as (
        select
            worded.source_name,
            worded.overrides,
            worded.extra,
            worded.known_on,
            worded.is_deleted,
            worded.is_current,
            worded.record.id as account_id,
            worded.record.name,
            coalesce(
                {{ domain_of("worded.record.website") }}, {{ domain_of("worded.record.domain") }}
            ) as domain,
            {{ first_reference("worded.record.parent_companies") }} as parent_account_id,
            -- A number that cannot be read stays as it is, so that it is counted.
            coalesce(
                cast(try_cast(worded.monthly as decimal(28, 6)) * 12 as varchar),
                worded.monthly,
                worded.record.arr
            ) as arr,
            worded.record.industry,
            -- A range (11-50) is no number of employees.
            case
                when {{ parse_integer("trim(worded.record.size)") }} is not null
                then worded.record.size
            end as employees,
            case
                when {{ parse_boolean("worded.record.churned") }} or worded.status = 'churned'
                then 'churned'
                when worded.stage in ({{ stages }})
                then worded.stage
                when worded.status in ({{ stages }})
                then worded.status
            end as lifecycle_stage,
            worded.record.signed_up_at as started_on,
            coalesce(
                nullif(trim(worded.record.owners_csm_email), ''),
                case when worded.record.owners_csm like '%@%' then worded.record.owners_csm end,
                users.email
            ) as owner_email
        from worded
        left join
            users
            on worded.source_name = users.source_name
            and worded.record.owners_csm = users.user_id
    )

select *
from
    (
        {{
            stage_records(
                "custify",
                "accounts",
                "mapped",
                also=["known_on", "is_deleted", "is_current"],
            )
        }}
    )
