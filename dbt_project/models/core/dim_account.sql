-- One row an account, as it stands on as_of.
with
    context as (select as_of, config_version, time_zone from {{ source("meta", "context") }}),

    accounts as (select * from {{ ref("accounts") }}),

    families as (select account_id, family_account_id from {{ ref("int_account_family") }}),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    contracts as (
        select
            account_id,
            count(*) as contracts_in_force,
            count(arr) as contracts_with_rate,
            {{ exact_sum("arr") }} as arr,
            max(ends_on) as term_end_on
        from {{ ref("fct_contract") }}
        where is_in_force
        group by account_id
    ),

    first_contracts as (
        select account_id, min(starts_on) as first_contract_on
        from {{ ref("fct_contract") }}
        group by account_id
    ),

    attendances as (
        select activities.account_id, {{ rows_of("activities.contact_emails") }} as contact_email
        from {{ ref("fct_activity") }} as activities
        cross join context
        where
            activities.status = 'completed'
            and activities.started_on > {{ add_days("context.as_of", -180) }}
    ),

    stakeholders as (
        select account_id, count(distinct contact_email) as stakeholders
        from attendances
        group by account_id
    ),

    carried as (
        select
            {{ is_entity_carried("contracts") }} as has_contracts,
            {{ is_field_carried("activities", "contact_emails") }} as has_attendees
    ),

    final as (
        select
            accounts.account_id,
            accounts.name,
            accounts.domain,
            accounts.parent_account_id,
            families.family_account_id,
            case
                when not carried.has_contracts
                then accounts.arr * rates.rate
                when contracts.account_id is null
                then 0
                when contracts.contracts_in_force = contracts.contracts_with_rate
                then contracts.arr
            end as arr,
            accounts.currency,
            case
                when carried.has_contracts
                then contracts.account_id is not null
                else
                    accounts.started_on <= context.as_of
                    and coalesce(accounts.churned_on > context.as_of, true)
            end as is_active,
            contracts.term_end_on,
            first_contracts.first_contract_on,
            accounts.segment,
            accounts.industry,
            accounts.country,
            accounts.employees,
            accounts.complexity,
            accounts.lifecycle_stage,
            accounts.acquisition_channel,
            case
                when carried.has_attendees
                then coalesce(cast(stakeholders.stakeholders as integer), 0)
            end as stakeholders_180d,
            accounts.owner_email,
            accounts.pool,
            coalesce(accounts.time_zone, context.time_zone) as time_zone,
            accounts.business_calendar,
            accounts.started_on,
            accounts.churned_on,
            accounts.churn_notice_on,
            accounts.churn_reason,
            accounts.first_value_on,
            accounts.tier_override,
            accounts.tier_override_reason,
            accounts.tier_override_by,
            accounts.tier_override_from,
            accounts.tier_override_to,
            accounts.is_reference,
            accounts.is_partner,
            accounts.source_name,
            accounts.attributes,
            context.as_of as as_of_date,
            context.config_version
        from accounts
        cross join context
        cross join carried
        left join families on accounts.account_id = families.account_id
        left join rates on accounts.currency = rates.currency
        left join contracts on accounts.account_id = contracts.account_id
        left join first_contracts on accounts.account_id = first_contracts.account_id
        left join stakeholders on accounts.account_id = stakeholders.account_id
    )

select *
from final
order by account_id
