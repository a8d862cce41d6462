-- One row an account: the records of all sources that are the same account, merged field by field.
-- A churn after as_of shows only when notice was given by then.
with
    context as (select as_of, currency from {{ source("meta", "context") }}),

    identities as (
        select source, source_account_id, account_id, method
        from {{ ref("map_account_identity") }}
        where account_id is not null
    ),

    sources as ({{ ranked_sources() }}),

    records as (
        select
            records.*,
            identities.account_id as canonical_account_id,
            identities.method,
            sources.source_rank
        from ({{ records_of("accounts", account_columns=["parent_account_id"]) }}) as records
        inner join
            identities
            on records.source_name = identities.source
            and records.account_id = identities.source_account_id
        left join sources on records.source_name = sources.source_name
    ),

    placed as (
        select
            {% for column in entity_columns("accounts") if column.name != "account_id" -%}
                "{{ column.name }}",
            {% endfor -%}
            canonical_account_id as account_id,
            source_name,
            attributes,
            row_number() over (
                partition by canonical_account_id
                order by
                    case when method = 'own' then 0 else 1 end,
                    source_rank nulls last,
                    {{ first_in_order(entity_columns("accounts") | map(attribute="name") | list) }}
            ) as place
        from records
    ),

    unified as (
        {{
            merged_records(
                "accounts",
                "placed",
                ["account_id"],
                entity_columns("accounts") | map(attribute="name") | list,
            )
        }}
    ),

    final as (
        select
            unified.account_id,
            unified.name,
            unified.domain,
            unified.parent_account_id,
            coalesce(unified.currency, context.currency) as currency,
            unified.arr,
            unified.industry,
            unified.country,
            unified.time_zone,
            unified.business_calendar,
            unified.employees,
            unified.segment,
            unified.complexity,
            case
                when unified.lifecycle_stage = 'churned' and unified.churned_on > context.as_of
                then null
                else unified.lifecycle_stage
            end as lifecycle_stage,
            unified.acquisition_channel,
            unified.started_on,
            case
                when unified.churned_on <= context.as_of or unified.churn_notice_on <= context.as_of
                then unified.churned_on
            end as churned_on,
            case
                when unified.churn_notice_on <= context.as_of then unified.churn_notice_on
            end as churn_notice_on,
            case
                when
                    unified.churned_on > context.as_of
                    and coalesce(unified.churn_notice_on > context.as_of, true)
                then null
                else unified.churn_reason
            end as churn_reason,
            unified.owner_email,
            unified.pool,
            unified.tier_override,
            unified.tier_override_reason,
            unified.tier_override_by,
            unified.tier_override_from,
            unified.tier_override_to,
            case
                when unified.first_value_on <= context.as_of then unified.first_value_on
            end as first_value_on,
            unified.is_reference,
            unified.is_partner,
            unified.source_name,
            unified.attributes
        from unified
        cross join context
    )

select *
from final
