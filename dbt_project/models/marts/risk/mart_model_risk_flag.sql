-- Which drawback of a distribution model is a risk here, and whose: for accounts those risks that
-- are raised, for people, pools, tiers and the company each that is looked at.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    flags as (
        select
            'account' as subject_type,
            account_id as subject_id,
            risk_id,
            distribution_model,
            tier_id,
            arr,
            is_evaluable,
            not_evaluable_reason,
            is_raised,
            value,
            threshold,
            unit,
            severity,
            since_on,
            is_of_current_model,
            evidence
        from {{ ref("int_account_risk") }}
        where is_raised
        {% for model in ["int_people_risk", "int_company_risk"] %}
            union all
            select
                subject_type,
                subject_id,
                risk_id,
                distribution_model,
                case when subject_type = 'tier' then subject_id end as tier_id,
                cast(null as double) as arr,
                is_evaluable,
                not_evaluable_reason,
                is_raised,
                value,
                threshold,
                unit,
                severity,
                cast(null as date) as since_on,
                cast(null as boolean) as is_of_current_model,
                evidence
            from {{ ref(model) }}
        {% endfor %}
    ),

    final as (
        select
            flags.subject_type,
            flags.subject_id,
            flags.risk_id,
            flags.distribution_model,
            flags.tier_id,
            flags.arr,
            flags.is_evaluable,
            flags.not_evaluable_reason,
            flags.is_raised,
            flags.value,
            flags.threshold,
            flags.unit,
            flags.severity,
            flags.since_on,
            flags.is_of_current_model,
            flags.evidence,
            context.as_of as as_of_date,
            context.config_version
        from flags
        cross join context
    )

select *
from final
order by subject_type, subject_id, risk_id
