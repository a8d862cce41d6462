-- How healthy each tier's accounts, and all accounts, were on each day for which scores are
-- kept, and how they moved over four weeks and a quarter.
{% set bands = ["green", "yellow", "red", "insufficient_data"] %}
{% set spans = {"28d": 28, "90d": 90} %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (select holds_from, holds_to, health_version from {{ ref("cfg_model") }}),

    spine as ({{ health_spine("context") }}),

    accounts as ({{ account_numbers(ref("fct_health_daily")) }}),

    scores as (
        select
            accounts.account_number,
            health.as_of_on,
            health.tier_id,
            health.final_score,
            health.band
        from {{ ref("fct_health_daily") }} as health
        inner join accounts on health.account_id = accounts.account_id
        where health.frozen_on is null
    ),

    terms as (
        select accounts.account_number, terms.in_force_from, terms.in_force_to, terms.arr
        from {{ ref("int_term_in_force") }} as terms
        inner join accounts on terms.account_id = accounts.account_id
    ),

    sources as (
        select count(distinct source_name) as source_systems
        from {{ ref("canonical_fields") }}
        where
            is_carried
            and entity in ('usage', 'assessments', 'success_plans', 'tickets', 'activities')
    ),

    -- Each day with the days that it is compared with. Scores compare as numbers when the models of
    -- both days say the same of health.
    days as (
        select
            spine.day as as_of_on,
            {% for span, length in spans.items() -%}
                max(
                    case
                        when earlier.day <= {{ add_days("spine.day", -length) }} then earlier.day
                    end
                ) as day_{{ span }} {{- "," if not loop.last }}
            {% endfor %}
        from spine
        inner join spine as earlier on earlier.day <= spine.day
        group by spine.day
    ),

    compared_days as (
        select
            days.*,
            {% for span in spans -%}
                models.health_version = models_{{ span }}.health_version as is_comparable_{{ span }}
                {{- "," if not loop.last }}
            {% endfor %}
        from days
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "days.as_of_on") }}
        {% for span in spans -%}
            left join
                models as models_{{ span }}
                on {{ holds_on("models_" ~ span, "holds_from", "holds_to", "days.day_" ~ span) }}
        {% endfor %}
    ),

    arr as (
        select
            scores.account_number,
            scores.as_of_on,
            case when count(*) = count(terms.arr) then {{ exact_sum("terms.arr") }} end as arr
        from scores
        inner join
            terms
            on scores.account_number = terms.account_number
            and {{ holds_on("terms", "in_force_from", "in_force_to", "scores.as_of_on") }}
        where scores.final_score is not null
        group by scores.account_number, scores.as_of_on
    ),

    -- The days of fct_health_measure_daily, by the tier that the score of the day has.
    tier_inputs as (
        select
            tier_id,
            day as as_of_on,
            count(*) filter (where status = 'ok') as measures_fresh,
            count(*) filter (where status <> 'not_applicable') as measures_expected,
            count(*) filter (where status in ('ok', 'stale')) as measures_known,
            sum(age_days) filter (where status in ('ok', 'stale')) as age_days
        from {{ ref("int_health_measure_day") }}
        where is_on_spine and is_model_of_day
        group by tier_id, day
    ),

    inputs as (
        select tier_id, as_of_on, measures_fresh, measures_expected, measures_known, age_days
        from tier_inputs
        where tier_id is not null
        union all
        select
            'ALL' as tier_id,
            as_of_on,
            sum(measures_fresh) as measures_fresh,
            sum(measures_expected) as measures_expected,
            sum(measures_known) as measures_known,
            sum(age_days) as age_days
        from tier_inputs
        group by as_of_on
    ),

    account_days as (
        select
            scores.account_number,
            scores.as_of_on,
            scores.tier_id,
            scores.final_score,
            scores.band,
            nullif(arr.arr, 0) as arr,
            {% for span in spans -%}
                scores_{{ span }}.band as band_{{ span }},
                case
                    when compared_days.is_comparable_{{ span }}
                    then scores.final_score - scores_{{ span }}.final_score
                end as delta_{{ span }},
                coalesce(
                    scores_{{ span }}.tier_id = scores.tier_id, false
                ) as is_same_tier_{{ span }} {{- "," if not loop.last }}
            {% endfor %}
        from scores
        inner join compared_days on scores.as_of_on = compared_days.as_of_on
        left join
            arr on scores.account_number = arr.account_number and scores.as_of_on = arr.as_of_on
        {% for span in spans -%}
            left join
                scores as scores_{{ span }}
                on scores.account_number = scores_{{ span }}.account_number
                and compared_days.day_{{ span }} = scores_{{ span }}.as_of_on
        {% endfor %}
    ),

    -- Who was in another tier then does not count in a tier's comparison, but in that of all.
    {% set always = ["as_of_on", "final_score", "band", "arr"] -%}
    tiers_and_all as (
        select
            tier_id,
            {{ always | join(", ") }}
            {%- for span in spans %}
                ,
                case when is_same_tier_{{ span }} then band_{{ span }} end as band_{{ span }},
                case when is_same_tier_{{ span }} then delta_{{ span }} end as delta_{{ span }}
            {%- endfor %}
        from account_days
        where tier_id is not null
        union all
        select
            'ALL' as tier_id,
            {{ always | join(", ") }}
            {%- for span in spans %}, band_{{ span }}, delta_{{ span }} {%- endfor %}
        from account_days
    ),

    counted as (
        select
            tier_id,
            as_of_on,
            count(*) as accounts,
            count(final_score) as accounts_scored,
            {{ exact_sum("final_score", 12) }} / count(final_score) as mean_score,
            median(final_score) as median_score,
            {{ exact_sum("arr * final_score") }} / {{ exact_sum("arr") }} as arr_weighted_score,
            {% for band in bands -%}
                count(*) filter (where band = '{{ band }}') as {{ band }},
            {% endfor -%}
            {% for span in spans -%}
                count(delta_{{ span }}) as accounts_compared_{{ span }},
                {{ exact_sum("delta_" ~ span, 12) }}
                / count(delta_{{ span }}) as mean_delta_{{ span }},
            {% endfor -%}
            {% for before in bands -%}
                {% for after in bands -%}
                    count(*) filter (
                        where band_28d = '{{ before }}' and band = '{{ after }}'
                    ) as {{ before }}_to_{{ after }}_28d
                    {{- "," if not (loop.last and before == bands[-1]) }}
                {% endfor -%}
            {% endfor %}
        from tiers_and_all
        group by tier_id, as_of_on
    ),

    final as (
        select
            counted.tier_id,
            counted.as_of_on,
            counted.accounts,
            counted.accounts_scored,
            counted.mean_score,
            counted.median_score,
            counted.arr_weighted_score,
            {% for band in bands -%}
                {{ share("counted." ~ band, "counted.accounts") }} as {{ band }}_share,
            {% endfor -%}
            {% for span in spans -%}
                counted.accounts_compared_{{ span }}, counted.mean_delta_{{ span }},
            {% endfor -%}
            {% for before in bands -%}
                {% for after in bands -%} counted.{{ before }}_to_{{ after }}_28d, {% endfor -%}
            {% endfor -%}
            {{ share("inputs.measures_fresh", "inputs.measures_expected") }} as measures_fresh_rate,
            {{ share("inputs.age_days", "inputs.measures_known") }} as mean_input_age_days,
            sources.source_systems,
            context.as_of as as_of_date,
            context.config_version
        from counted
        left join inputs on counted.tier_id = inputs.tier_id and counted.as_of_on = inputs.as_of_on
        cross join sources
        cross join context
    )

select *
from final
order by tier_id, as_of_on
