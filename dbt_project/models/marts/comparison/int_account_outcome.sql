-- What became of accounts, each a part of a whole, so that any group of them can be compared by
-- sums.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    coverage as (
        select *
        from {{ ref("mart_coverage_account_period") }}
        where period_type = 'quarter' and is_covered is not null
    ),

    renewals as (
        select *
        from {{ ref("fct_renewal") }}
        where outcome not in ('upcoming', 'open_lapsed') and tier_id is not null
    ),

    surveys as (
        select response_id, account_id, kind, score, cast(responded_at as date) as responded_on
        from {{ ref("surveys") }}
        where score is not null
    ),

    assessments as (
        select assessment_id, account_id, score, cast(assessed_at as date) as assessed_on
        from {{ ref("assessments") }}
        where kind = 'csm_sentiment' and score is not null
    ),

    critical_points as (select * from {{ ref("fct_surge") }} where event_type = 'critical_point'),

    standing as (
        select account_id, tier_id, has_current_success_plan
        from {{ ref("mart_account_360") }}
        where is_active
    ),

    months as (
        select months.*
        from {{ ref("fct_distribution_month") }} as months
        inner join context on months.measured_on = context.as_of
    ),

    fits as (select * from {{ ref("mart_model_fit_account") }}),

    final as (
        select
            'coverage' as outcome,
            account_id,
            tier_id,
            cast(period_start as varchar) as observation_id,
            period_start as happened_on,
            period_end as ended_on,
            case when is_covered then 1.0 else 0.0 end as part,
            1.0 as whole
        from coverage
        union all
        select
            'on_time' as outcome,
            account_id,
            tier_id,
            cast(period_start as varchar) as observation_id,
            period_start as happened_on,
            period_end as ended_on,
            obligations_on_time as part,
            obligations_counted as whole
        from coverage
        union all
        select
            'logo_renewal' as outcome,
            account_id,
            tier_id,
            renewal_id as observation_id,
            term_end_on as happened_on,
            term_end_on as ended_on,
            case when outcome = 'churned' then 0.0 else 1.0 end as part,
            1.0 as whole
        from renewals
        {% for outcome, part in {
                "gross_renewal": "least(renewed_arr, atr)",
                "net_renewal": "renewed_arr",
            }.items() -%}
            union all
            select
                '{{ outcome }}' as outcome,
                account_id,
                tier_id,
                renewal_id as observation_id,
                term_end_on as happened_on,
                term_end_on as ended_on,
                {{ part }} as part,
                atr as whole
            from renewals
            where atr > 0 and renewed_arr is not null
        {% endfor -%}
        union all
        select
            surveys.kind as outcome,
            surveys.account_id,
            cast(null as varchar) as tier_id,
            surveys.response_id as observation_id,
            surveys.responded_on as happened_on,
            surveys.responded_on as ended_on,
            case
                when surveys.kind = 'csat'
                then surveys.score
                when surveys.score >= 9
                then 1.0
                when surveys.score <= 6
                then -1.0
                else 0.0
            end as part,
            1.0 as whole
        from surveys
        inner join context on surveys.responded_on <= context.as_of
        where surveys.kind in ('csat', 'nps')
        union all
        select
            'sentiment' as outcome,
            assessments.account_id,
            cast(null as varchar) as tier_id,
            assessments.assessment_id as observation_id,
            assessments.assessed_on as happened_on,
            assessments.assessed_on as ended_on,
            assessments.score as part,
            1.0 as whole
        from assessments
        inner join context on assessments.assessed_on <= context.as_of
        union all
        select
            'days_to_help' as outcome,
            account_id,
            tier_id,
            surge_id as observation_id,
            started_on as happened_on,
            helped_on as ended_on,
            days_to_help as part,
            1.0 as whole
        from critical_points
        where days_to_help is not null
        union all
        select
            'days_of_escalation' as outcome,
            account_id,
            tier_id,
            surge_id as observation_id,
            started_on as happened_on,
            ended_on,
            {{ days_between("started_on", "ended_on") }} as part,
            1.0 as whole
        from critical_points
        where kind = 'escalation' and ended_on is not null
        union all
        select
            'success_plan' as outcome,
            standing.account_id,
            standing.tier_id,
            standing.account_id as observation_id,
            context.as_of as happened_on,
            context.as_of as ended_on,
            case when standing.has_current_success_plan then 1.0 else 0.0 end as part,
            1.0 as whole
        from standing
        cross join context
        where standing.has_current_success_plan is not null
        union all
        select
            'functions' as outcome,
            account_id,
            tier_id,
            account_id as observation_id,
            measured_on as happened_on,
            measured_on as ended_on,
            {{ list_length("functions") }} as part,
            1.0 as whole
        from months
        where functions is not null
        union all
        select
            'staffed_functions' as outcome,
            account_id,
            tier_id,
            account_id as observation_id,
            as_of_date as happened_on,
            as_of_date as ended_on,
            {{ list_length("needed_functions") }}
            - coalesce({{ list_length("recommended_functions") }}, 0) as part,
            {{ list_length("needed_functions") }} as whole
        from fits
        where needed_functions is not null
    )

select *
from final
order by outcome, account_id, observation_id, tier_id
