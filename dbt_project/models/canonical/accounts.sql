-- A churn after as_of shows only when notice was given by then.
with
    context as (select as_of, currency from {{ source("meta", "context") }}),

    -- The next source adds its staging model to this list.
    unified as ({{ one_row_per_key("accounts", [ref("stg_files__accounts")]) }}),

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
