with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "name",
                            "domain",
                            "website",
                            "industry",
                            "country",
                            "numberofemployees",
                            "lifecyclestage",
                            "hubspot_owner_id",
                            "hs_parent_company_id",
                        ]
                    ),
                )
            }} as record
        from {{ source("hubspot", "companies_versions") }}
    ),

    owners as (
        select source_name, record_key as owner_id, {{ text_of("payload", "email") }} as email
        from {{ source("hubspot", "owners") }}
    ),

    companies as (
        select
            records.*,
            record.properties,
            {{ domain_of("coalesce(record.properties.domain, record.properties.website)") }}
            as domain,
            lower(record.properties.lifecyclestage) as stage
        from records
    ),

    mapped as (
        select
            companies.source_name,
            companies.overrides,
            companies.extra,
            companies.known_on,
            companies.is_deleted,
            companies.is_current,
            companies.record_key as account_id,
            coalesce(nullif(trim(companies.properties.name), ''), companies.domain) as name,
            companies.domain,
            companies.properties.hs_parent_company_id as parent_account_id,
            companies.properties.industry,
            companies.properties.country,
            companies.properties.numberofemployees as employees,
            case
                when
                    companies.stage in (
                        'subscriber',
                        'lead',
                        'marketingqualifiedlead',
                        'salesqualifiedlead',
                        'opportunity'
                    )
                then 'prospect'
                when companies.stage = 'evangelist'
                then 'customer'
                when
                    companies.stage in ('prospect', 'onboarding', 'adopting', 'customer', 'churned')
                then companies.stage
            end as lifecycle_stage,
            owners.email as owner_email
        from companies
        left join
            owners
            on companies.source_name = owners.source_name
            and companies.properties.hubspot_owner_id = owners.owner_id
    )

select *
from
    (
        {{
            stage_records(
                "hubspot",
                "accounts",
                "mapped",
                also=["known_on", "is_deleted", "is_current"],
            )
        }}
    )
