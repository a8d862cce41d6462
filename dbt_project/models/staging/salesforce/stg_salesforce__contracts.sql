-- The setting contracts_from says which object holds the contracts; the other two are
-- left alone.
with
    options as (
        select
            source_name,
            max(value) filter (where option = 'contracts_from') as contracts_from,
            max(value) filter (where option = 'contract_opportunity_types') as opportunity_types
        from {{ source("meta", "source_option") }}
        group by source_name
    ),

    opportunities as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "IsWon": "VARCHAR",
                        "Type": "VARCHAR",
                        "CloseDate": "VARCHAR",
                        "Amount": "VARCHAR",
                        "CurrencyIsoCode": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "opportunities") }}
        where not is_deleted
    ),

    contracts as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "Status": "VARCHAR",
                        "StatusCode": "VARCHAR",
                        "StartDate": "VARCHAR",
                        "EndDate": "VARCHAR",
                        "ContractTerm": "VARCHAR",
                        "ActivatedDate": "VARCHAR",
                        "CustomerSignedDate": "VARCHAR",
                        "CompanySignedDate": "VARCHAR",
                        "CurrencyIsoCode": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "contracts") }}
        where not is_deleted
    ),

    assets as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "Name": "VARCHAR",
                        "PurchaseDate": "VARCHAR",
                        "InstallDate": "VARCHAR",
                        "UsageEndDate": "VARCHAR",
                        "Price": "VARCHAR",
                        "Quantity": "VARCHAR",
                        "IsCompetitorProduct": "VARCHAR",
                        "CurrencyIsoCode": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "assets") }}
        where not is_deleted
    ),

    won as (
        select
            opportunities.source_name,
            opportunities.overrides,
            opportunities.extra,
            opportunities.record."Id" as contract_id,
            opportunities.record."AccountId" as account_id,
            opportunities.record."CloseDate" as starts_on,
            cast(null as varchar) as ends_on,
            opportunities.record."Amount" as arr,
            opportunities.record."CurrencyIsoCode" as currency,
            cast(null as varchar) as product,
            'active' as status,
            opportunities.record."CloseDate" as signed_on
        from opportunities
        left join options on options.source_name = opportunities.source_name
        where
            coalesce(options.contracts_from, 'opportunities') = 'opportunities'
            and opportunities.record."IsWon" = 'true'
            and (
                coalesce(options.opportunity_types, '') = ''
                or list_contains(
                    string_split(options.opportunity_types, ';'), opportunities.record."Type"
                )
            )
    ),

    agreed as (
        select
            contracts.source_name,
            contracts.overrides,
            contracts.extra,
            contracts.record."Id" as contract_id,
            contracts.record."AccountId" as account_id,
            contracts.record."StartDate" as starts_on,
            coalesce(
                contracts.record."EndDate",
                cast(
                    try_cast(contracts.record."StartDate" as date)
                    + to_months(try_cast(contracts.record."ContractTerm" as double)::integer)
                    - interval 1 day as varchar
                )
            ) as ends_on,
            cast(null as varchar) as arr,
            contracts.record."CurrencyIsoCode" as currency,
            cast(null as varchar) as product,
            case
                when regexp_matches(contracts.record."Status", '(?i)cancel|terminat')
                then 'cancelled'
                when
                    coalesce(contracts.record."StatusCode", contracts.record."Status") = 'Activated'
                then 'active'
            end as status,
            coalesce(
                contracts.record."CustomerSignedDate",
                contracts.record."CompanySignedDate",
                contracts.record."ActivatedDate"
            ) as signed_on
        from contracts
        inner join options on options.source_name = contracts.source_name
        where
            options.contracts_from = 'contracts'
            -- A draft, or one that waits for approval, is no contract yet.
            and (
                contracts.record."ActivatedDate" is not null
                or not regexp_matches(
                    coalesce(contracts.record."StatusCode", contracts.record."Status", ''),
                    '(?i)draft|approv'
                )
            )
    ),

    bought as (
        select
            assets.source_name,
            assets.overrides,
            assets.extra,
            assets.record."Id" as contract_id,
            assets.record."AccountId" as account_id,
            coalesce(assets.record."InstallDate", assets.record."PurchaseDate") as starts_on,
            assets.record."UsageEndDate" as ends_on,
            cast(
                try_cast(assets.record."Price" as double)
                * coalesce(try_cast(assets.record."Quantity" as double), 1) as varchar
            ) as arr,
            assets.record."CurrencyIsoCode" as currency,
            assets.record."Name" as product,
            cast(null as varchar) as status,
            assets.record."PurchaseDate" as signed_on
        from assets
        inner join options on options.source_name = assets.source_name
        where
            options.contracts_from = 'assets'
            and coalesce(assets.record."IsCompetitorProduct", 'false') = 'false'
    ),

    unified as (
        select *
        from won
        union all
        select *
        from agreed
        union all
        select *
        from bought
    ),

    mapped as (
        select
            * replace (
                {{
                    salesforce_overrides(
                        "overrides",
                        [
                            "contracts.contract_id",
                            "contracts.account_id",
                            "contracts.predecessor_contract_id",
                        ],
                    )
                }} as overrides
            )
        from unified
    )

select *
from ({{ stage_records("salesforce", "contracts", "mapped") }})
