-- What moved each account's score since yesterday, four weeks ago and a quarter ago, by measure:
-- its own score, what it weighs because others are known or not, and the coverage model.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (select holds_from, holds_to, health_version from {{ ref("cfg_model") }}),

    spine as ({{ health_spine("context") }}),

    frozen as (
        select fct_health_daily.account_id
        from {{ ref("fct_health_daily") }} as fct_health_daily
        inner join context on fct_health_daily.as_of_on = context.as_of
        where fct_health_daily.frozen_on is not null
    ),

    spans as (
        select max(spine.day) as from_on, max(context.as_of) as to_on
        from (values (1), (28), (90)) as spans(days)
        cross join context
        inner join spine on spine.day <= {{ add_days("context.as_of", "-spans.days") }}
        group by spans.days
    ),

    compared_days as (
        select from_on as day
        from spans
        union
        select to_on as day
        from spans
    ),

    scores as (
        select
            health.account_id,
            health.day,
            health.holds_from,
            health.computed_score,
            health.final_score
        from {{ ref("int_health_day") }} as health
        inner join compared_days on health.day = compared_days.day
    ),

    measures as (
        select
            measures.account_id,
            measures.day,
            measures.holds_from,
            measures.measure_group,
            measures.measure,
            measures.score,
            measures.effective_weight
        from {{ ref("int_health_measure_day") }} as measures
        inner join compared_days on measures.day = compared_days.day
        where measures.effective_weight > 0
    ),

    -- Where what the model says of health has changed, both models see the earlier day.
    pairs as (
        select
            spans.from_on,
            spans.to_on,
            earlier.holds_from as earlier_model,
            later.holds_from as later_model,
            case
                when earlier.health_version = later.health_version
                then earlier.holds_from
                else later.holds_from
            end as compared_model,
            earlier.health_version <> later.health_version as is_model_changed
        from spans
        inner join
            models as earlier
            on {{ holds_on("earlier", "holds_from", "holds_to", "spans.from_on") }}
        inner join
            models as later on {{ holds_on("later", "holds_from", "holds_to", "spans.to_on") }}
    ),

    compared as (
        select
            pairs.*,
            scored.account_id,
            before.computed_score as computed_score_from,
            scored.computed_score as computed_score_to,
            before.final_score as final_score_from,
            scored.final_score as final_score_to,
            rescored.computed_score as compared_score
        from pairs
        inner join
            scores as scored
            on pairs.to_on = scored.day
            and pairs.later_model = scored.holds_from
            and scored.computed_score is not null
        inner join
            scores as before
            on scored.account_id = before.account_id
            and pairs.from_on = before.day
            and pairs.earlier_model = before.holds_from
            and before.computed_score is not null
        left join
            scores as rescored
            on scored.account_id = rescored.account_id
            and pairs.from_on = rescored.day
            and pairs.compared_model = rescored.holds_from
        where scored.account_id not in (select account_id from frozen)
    ),

    -- One row a measure that weighs on either day; on a day on which it does not, its weight is
    -- 0 and its score that of the other day.
    sides as (
        select
            compared.account_id,
            compared.from_on,
            measures.measure_group,
            measures.measure,
            measures.score as score_from,
            measures.effective_weight as weight_from,
            cast(null as double) as score_to,
            cast(null as double) as weight_to
        from compared
        inner join
            measures
            on compared.account_id = measures.account_id
            and compared.from_on = measures.day
            and compared.compared_model = measures.holds_from
        where compared.compared_score is not null
        union all
        select
            compared.account_id,
            compared.from_on,
            measures.measure_group,
            measures.measure,
            cast(null as double) as score_from,
            cast(null as double) as weight_from,
            measures.score as score_to,
            measures.effective_weight as weight_to
        from compared
        inner join
            measures
            on compared.account_id = measures.account_id
            and compared.to_on = measures.day
            and compared.later_model = measures.holds_from
        where compared.compared_score is not null
    ),

    both_sides as (
        select
            account_id,
            from_on,
            max(measure_group) as measure_group,
            measure,
            coalesce(max(score_from), max(score_to)) as score_from,
            coalesce(max(score_to), max(score_from)) as score_to,
            coalesce(max(weight_from), 0) as weight_from,
            coalesce(max(weight_to), 0) as weight_to
        from sides
        group by account_id, from_on, measure
    ),

    effects as (
        select
            compared.*,
            both_sides.measure_group,
            both_sides.measure,
            both_sides.score_from,
            both_sides.score_to,
            both_sides.weight_from,
            both_sides.weight_to,
            (both_sides.weight_from + both_sides.weight_to)
            / 2
            * (both_sides.score_to - both_sides.score_from) as score_effect,
            case
                when both_sides.weight_to = both_sides.weight_from
                then 0
                else
                    (both_sides.weight_to - both_sides.weight_from) * (
                        (both_sides.score_from + both_sides.score_to) / 2
                        - (compared.compared_score + compared.computed_score_to) / 2
                    )
            end as availability_effect,
            cast(0 as double) as config_effect
        from both_sides
        inner join
            compared
            on both_sides.account_id = compared.account_id
            and both_sides.from_on = compared.from_on
        union all
        select
            compared.*,
            cast(null as varchar) as measure_group,
            '(model)' as measure,
            cast(null as double) as score_from,
            cast(null as double) as score_to,
            cast(null as double) as weight_from,
            cast(null as double) as weight_to,
            cast(0 as double) as score_effect,
            cast(0 as double) as availability_effect,
            coalesce(compared.compared_score, compared.computed_score_to)
            - compared.computed_score_from as config_effect
        from compared
        where compared.is_model_changed
    ),

    final as (
        select
            effects.account_id,
            effects.from_on,
            effects.to_on,
            effects.measure_group,
            effects.measure,
            effects.score_from,
            effects.score_to,
            effects.weight_from,
            effects.weight_to,
            effects.score_effect,
            effects.availability_effect,
            effects.config_effect,
            effects.computed_score_from,
            effects.computed_score_to,
            effects.final_score_from,
            effects.final_score_to,
            context.as_of as as_of_date,
            context.config_version
        from effects
        cross join context
    )

select *
from final
order by account_id, from_on, measure
