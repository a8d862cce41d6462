-- Health scores that their parts do not make.
{{ config(meta={"dagster": {"ref": {"name": "fct_health_daily"}}}) }}
with
    scores as (select * from {{ ref("fct_health_daily") }}),

    parts as (
        select
            account_id,
            as_of_on,
            sum(effective_weight) as weight,
            sum(contribution) as contribution,
            count(case when (status = 'ok') <> (score is not null) then 1 end) as contradictions,
            min(score) as lowest,
            max(score) as highest
        from {{ ref("fct_health_measure_daily") }}
        group by account_id, as_of_on
    ),

    final as (
        select scores.account_id, scores.as_of_on
        from scores
        left join parts on scores.account_id = parts.account_id and scores.as_of_on = parts.as_of_on
        where
            -- Each live row has measures; contributions sum to the score, weights to 1.
            (scores.frozen_on is null) <> (parts.account_id is not null)
            or parts.contradictions > 0
            or abs(parts.weight - 1) > 1e-9
            or (
                scores.frozen_on is null
                and (
                    abs(parts.contribution - scores.computed_score) > 1e-6
                    or scores.computed_score not between parts.lowest - 1e-6
                    and parts.highest + 1e-6
                )
            )
            -- A score has a band, and none has none; what goes before the computed one is said.
            or (scores.band = 'insufficient_data') <> (scores.final_score is null)
            or scores.final_score
            is distinct from coalesce(scores.override_score, scores.computed_score)
            or scores.final_score not between 0
            and 100
            or scores.input_coverage not between 0
            and 1
    )

select *
from final
