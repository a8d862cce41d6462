-- The health score of each account on each wanted day, by the model in force then (and, where a
-- change is told from the day, by today's).
{{ config(schema="core", materialized="kept", **kept_by_day("int_health_measure_due")) }}
with
    settings as (select * from {{ ref("cfg_model") }}),

    days as (select * from {{ ref("int_health_measure_due") }} where is_wanted),

    computed as (
        select
            measures.account_id,
            measures.day,
            measures.holds_from,
            {{ exact_score("contribution") }} as computed_score,
            {{ exact_score("coverage_weight") }} as input_coverage,
            max(case when measure = 'csm_sentiment' and is_available then score end) as sentiment,
            {{ list_in_order("measure", "measure", "is_held") }} as held_measures,
            bool_or(is_stale_warned) as is_stale_warned
        from {{ ref("int_health_measure_day") }} as measures
        inner join
            days
            on measures.account_id = days.account_id
            and measures.day = days.day
            and measures.holds_from = days.holds_from
        group by measures.account_id, measures.day, measures.holds_from
    ),

    named as (select * from {{ ref("int_health_named_value") }}),

    judged as (
        select
            days.*,
            settings.green_from,
            settings.yellow_from,
            settings.red_sentiment_caps,
            computed.input_coverage,
            coalesce(computed.held_measures, []) as held_measures,
            coalesce(computed.is_stale_warned, false) as is_stale_warned,
            case
                when computed.input_coverage >= settings.min_coverage then computed.computed_score
            end as computed_score,
            coalesce(computed.sentiment < settings.yellow_from, false) as is_sentiment_red,
            case
                when
                    {{ days_between("by_hand.measured_on", "days.day") }}
                    < settings.health_override_max_days
                then by_hand.value
            end as score_by_hand,
            csp.value as csp_score,
            csp.source_name as csp_score_source
        from days
        inner join settings on days.holds_from = settings.holds_from
        left join
            computed
            on days.account_id = computed.account_id
            and days.day = computed.day
            and days.holds_from = computed.holds_from
        left join
            named as by_hand
            on days.account_id = by_hand.account_id
            and days.day = by_hand.day
            and by_hand.name = 'health_override'
        left join
            named as csp
            on days.account_id = csp.account_id
            and days.day = csp.day
            and csp.name = 'csp_health'
    ),

    overridden as (
        select
            *,
            case
                when is_sentiment_red
                then
                    case
                        when coalesce(score_by_hand, computed_score) is not null
                        then least(coalesce(score_by_hand, computed_score), red_sentiment_caps)
                    end
                else score_by_hand
            end as override_score,
            case
                when score_by_hand is not null
                then 'by_hand'
                when is_sentiment_red and computed_score is not null
                then 'red_sentiment'
            end as override_kind
        from judged
    ),

    final as (
        select
            account_id,
            day,
            holds_from,
            effective_from,
            health_version,
            is_model_of_day,
            is_on_spine,
            is_for_ledger,
            tier_id,
            computed_score,
            override_score,
            override_kind,
            coalesce(override_score, computed_score) as final_score,
            {{ health_band("coalesce(override_score, computed_score)") }} as band,
            input_coverage,
            csp_score,
            csp_score_source,
            held_measures,
            is_stale_warned
        from overridden
    )

select *
from final
