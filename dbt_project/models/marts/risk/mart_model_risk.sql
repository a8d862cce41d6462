-- Every risk that a distribution model brings: what it means, from where it is raised, and how many
-- it concerns, tier by tier and in all.
with
    {{ risk_settings() }},

    {{ risk_rows() }},

    cells as (
        select risk_id, coalesce(tier_id, 'NONE') as tier_id, is_evaluable, is_raised, arr
        from {{ ref("int_account_risk") }}
        union all
        select risk_id, 'ALL' as tier_id, is_evaluable, is_raised, arr
        from {{ ref("int_account_risk") }}
        union all
        select risk_id, 'ALL' as tier_id, is_evaluable, is_raised, cast(null as double) as arr
        from {{ ref("int_people_risk") }}
        union all
        select risk_id, 'ALL' as tier_id, is_evaluable, is_raised, cast(null as double) as arr
        from {{ ref("int_company_risk") }}
        union all
        select risk_id, subject_id as tier_id, is_evaluable, is_raised, cast(null as double) as arr
        from {{ ref("int_company_risk") }}
        where subject_type = 'tier'
    ),

    counts as (
        select
            risk_id,
            tier_id,
            count(*) as subjects,
            count(*) filter (where is_evaluable) as subjects_evaluable,
            count(*) filter (where is_raised) as subjects_raised,
            {{ exact_sum("case when is_raised then arr end") }} as arr_raised
        from cells
        group by risk_id, tier_id
    ),

    account_tiers as (
        select distinct coalesce(tier_id, 'NONE') as tier_id from {{ ref("int_account_strain") }}
    ),

    model_tiers as (
        select tiers.tier_id
        from {{ ref("cfg_tier") }} as tiers
        cross join present
        where {{ holds_on("tiers", "holds_from", "holds_to", "present.as_of") }}
    ),

    spine as (
        select risk_id, 'ALL' as tier_id
        from risks
        union all
        select risks.risk_id, account_tiers.tier_id
        from risks
        cross join account_tiers
        where risks.subject_type = 'account'
        union all
        select risks.risk_id, model_tiers.tier_id
        from risks
        cross join model_tiers
        where risks.subject_type = 'tier'
    ),

    final as (
        select
            risks.risk_id,
            spine.tier_id,
            cast(risks.risk_number as integer) as risk_number,
            risks.distribution_model,
            risks.subject_type,
            risks.title,
            risks.meaning,
            risks.unit,
            risks.severity,
            risks.threshold,
            coalesce(counts.subjects, 0) as subjects,
            coalesce(counts.subjects_evaluable, 0) as subjects_evaluable,
            case
                when counts.subjects_evaluable > 0 then counts.subjects_raised
            end as subjects_raised,
            {{ share("counts.subjects_raised", "counts.subjects_evaluable") }} as raised_share,
            case
                when risks.subject_type = 'account' and counts.subjects_evaluable > 0
                then coalesce(counts.arr_raised, 0)
            end as arr_raised,
            coalesce(counts.subjects_evaluable, 0) > 0 as is_evaluable,
            case
                when coalesce(counts.subjects, 0) = 0
                then 'nothing_to_judge'
                when counts.subjects_evaluable = 0
                then risks.reason
            end as not_evaluable_reason,
            present.as_of as as_of_date,
            present.config_version
        from spine
        inner join risks on spine.risk_id = risks.risk_id
        cross join present
        left join counts on spine.risk_id = counts.risk_id and spine.tier_id = counts.tier_id
    )

select *
from final
order by risk_number, tier_id
