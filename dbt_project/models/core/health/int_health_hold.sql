-- When a measure of health is held. One that moves for many accounts in one night, and in one
-- direction, has probably changed its meaning in the system that it comes from; customers' own ups
-- and downs weigh each other out.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (select * from {{ ref("cfg_model") }}),

    measures as (select holds_from, measure_number, measure from {{ ref("cfg_health_measure") }}),

    nights as (
        select
            scores.account_id,
            scores.day,
            scores.holds_from,
            scores.measure_number,
            scores.measured_score
        from {{ ref("int_health_score") }} as scores
        cross join context
        where
            scores.is_shown
            and scores.measured_score is not null
            and scores.day > {{ add_days("context.as_of", -35) }}
    ),

    moved as (
        select
            nights.holds_from,
            nights.day,
            nights.measure_number,
            count(*) as accounts,
            greatest(
                count(
                    case
                        when
                            nights.measured_score - nights_before.measured_score
                            >= settings.drift_points
                        then 1
                    end
                ),
                count(
                    case
                        when
                            nights_before.measured_score - nights.measured_score
                            >= settings.drift_points
                        then 1
                    end
                )
            ) as accounts_moved
        from nights
        inner join
            nights as nights_before
            on nights.account_id = nights_before.account_id
            and nights.measure_number = nights_before.measure_number
            and nights.holds_from = nights_before.holds_from
            and nights.day = {{ add_days("nights_before.day", 1) }}
        inner join settings on nights.holds_from = settings.holds_from
        group by nights.holds_from, nights.day, nights.measure_number
    ),

    accepted as (
        select {{ rows_of("said.health.drift.accepted") }} as entry
        from
            (
                select
                    {{
                        fields_of(
                            "model",
                            {
                                "health": {
                                    "drift": {"accepted": [{"measure": "VARCHAR", "on": "DATE"}]}
                                }
                            },
                        )
                    }} as said
                from {{ ref("int_coverage_model") }}
            ) as models
    ),

    drifts as (
        select
            measures.measure,
            moved.day as held_from,
            moved.accounts,
            moved.accounts_moved,
            least(
                {{ add_days("moved.day", "settings.drift_hold_d") }},
                min(case when accepted.entry."on" >= moved.day then accepted.entry."on" end)
            ) as held_to
        from moved
        inner join settings on moved.holds_from = settings.holds_from
        inner join
            measures
            on moved.holds_from = measures.holds_from
            and moved.measure_number = measures.measure_number
        left join accepted on measures.measure = accepted.entry.measure
        where
            moved.accounts_moved >= 10
            and moved.accounts_moved > settings.drift_share * moved.accounts
        group by
            measures.measure, moved.day, moved.accounts, moved.accounts_moved, settings.drift_hold_d
    ),

    reached as (
        select
            *,
            max(held_to) over (
                partition by measure
                order by held_from
                rows between unbounded preceding and 1 preceding
            ) as held_to_before
        from drifts
        where held_from < held_to
    ),

    -- Holds that overlap or touch are one, at the scores before the first.
    begun as (
        select
            *,
            max(case when coalesce(held_from > held_to_before, true) then held_from end) over (
                partition by measure order by held_from
            ) as held_since
        from reached
    ),

    final as (
        select
            measure,
            held_since as held_from,
            max(held_to) as held_to,
            min_by(accounts, held_from) as accounts,
            min_by(accounts_moved, held_from) as accounts_moved
        from begun
        group by measure, held_since
    )

select *
from final
order by measure, held_from
