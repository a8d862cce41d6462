-- AnnualRevenue is what the customer earns, not what it pays.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "Name": "VARCHAR",
                        "Website": "VARCHAR",
                        "ParentId": "VARCHAR",
                        "CurrencyIsoCode": "VARCHAR",
                        "Industry": "VARCHAR",
                        "BillingCountry": "VARCHAR",
                        "NumberOfEmployees": "VARCHAR",
                        "OwnerId": "VARCHAR",
                        "Type": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "accounts_versions") }}
    ),

    users as (
        select source_name, record_key as user_id, {{ text_of("payload", "Email") }} as email
        from {{ source("salesforce", "users") }}
    ),

    mapped as (
        select
            records.source_name,
            {{ salesforce_overrides("records.overrides", ["accounts.parent_account_id"]) }}
            as overrides,
            records.extra,
            records.known_on,
            records.is_deleted,
            records.is_current,
            records.record."Id" as account_id,
            records.record."Name" as name,
            {{ domain_of('records.record."Website"') }} as domain,
            records.record."ParentId" as parent_account_id,
            records.record."CurrencyIsoCode" as currency,
            records.record."Industry" as industry,
            records.record."BillingCountry" as country,
            records.record."NumberOfEmployees" as employees,
            case
                when
                    regexp_matches(
                        records.record."Type", '(?i)(former|past|lost|ex-?) ?customer|churn'
                    )
                then 'churned'
                when regexp_matches(records.record."Type", '(?i)^customer')
                then 'customer'
                when regexp_matches(records.record."Type", '(?i)^prospect')
                then 'prospect'
            end as lifecycle_stage,
            users.email as owner_email,
            regexp_matches(records.record."Type", '(?i)partner|reseller') as is_partner
        from records
        left join
            users
            on users.source_name = records.source_name
            and users.user_id = records.record."OwnerId"
    )

select *
from
    (
        {{
            stage_records(
                "salesforce",
                "accounts",
                "mapped",
                also=["known_on", "is_deleted", "is_current"],
            )
        }}
    )
