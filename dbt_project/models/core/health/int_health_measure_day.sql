-- Each measure of health on each wanted day: what it was worth then, its score, and its weight
-- among those that count. What is held keeps the scores of the night before it was. In the order in
-- which it is published: of nearly all rows, only sorting what is sorted already is cheap.
{{ config(schema="core", materialized="kept", **kept_by_day("int_health_measure_due")) }}
with
    days as (select * from {{ ref("int_health_measure_due") }} where is_wanted),

    settings as (select * from {{ ref("cfg_model") }}),

    measures as (
        select *, {{ set_bit("measure_number") }} as set_bit from {{ ref("cfg_health_measure") }}
    ),

    scores as (select * from {{ ref("int_health_score") }}),

    holds as (select * from {{ ref("int_health_hold") }}),

    held_scores as (
        select
            scores.account_id,
            measures.measure,
            holds.held_from,
            holds.held_to,
            scores.measured_score as held_score
        from holds
        inner join measures on holds.measure = measures.measure
        inner join
            scores
            on measures.measure_number = scores.measure_number
            and scores.day = {{ add_days("holds.held_from", -1) }}
            and scores.is_shown
            and scores.measured_score is not null
            and measures.holds_from = scores.holds_from
    ),

    held_days as (
        select
            days.account_id,
            days.day,
            days.holds_from,
            measures.measure_number,
            held_scores.held_score
        from held_scores
        inner join
            days
            on held_scores.account_id = days.account_id
            and days.day >= held_scores.held_from
            and days.day < held_scores.held_to
        inner join
            measures
            on days.holds_from = measures.holds_from
            and held_scores.measure = measures.measure
    ),

    due_scores as (
        select scores.*
        from scores
        inner join
            days
            on scores.account_id = days.account_id
            and scores.day = days.day
            and scores.holds_from = days.holds_from
    ),

    -- Weights depend on nothing but which measures count: worked out once for each set of them.
    sets as (
        select
            scores.account_id,
            scores.day,
            scores.holds_from,
            cast(
                sum(
                    case
                        when
                            scores.measured_status = 'ok'
                            or (
                                held_days.held_score is not null
                                and scores.measured_status <> 'not_applicable'
                            )
                        then {{ set_bit("scores.measure_number") }}
                        else 0
                    end
                ) as bigint
            ) as ok_set,
            cast(
                sum(
                    case
                        when scores.measured_status <> 'not_applicable'
                        then {{ set_bit("scores.measure_number") }}
                        else 0
                    end
                ) as bigint
            ) as applicable_set
        from due_scores as scores
        left join
            held_days
            on scores.account_id = held_days.account_id
            and scores.day = held_days.day
            and scores.holds_from = held_days.holds_from
            and scores.measure_number = held_days.measure_number
        group by scores.account_id, scores.day, scores.holds_from
    ),

    -- In an account's first days nothing counts.
    day_sets as (
        select
            days.*,
            case
                when days.age_days >= settings.account_grace_d then sets.ok_set else 0
            end as available_set,
            sets.applicable_set
        from days
        inner join settings on days.holds_from = settings.holds_from
        inner join
            sets
            on days.account_id = sets.account_id
            and days.day = sets.day
            and days.holds_from = sets.holds_from
    ),

    set_members as (
        select
            sets.holds_from,
            sets.available_set,
            sets.applicable_set,
            measures.measure_number,
            measures.measure_group,
            measures.measure,
            measures.stale_warn_d,
            measures.group_weight,
            measures.weight,
            (sets.available_set & measures.set_bit) <> 0 as is_available,
            (sets.applicable_set & measures.set_bit) <> 0 as is_applicable
        from (select distinct holds_from, available_set, applicable_set from day_sets) as sets
        inner join measures on sets.holds_from = measures.holds_from
    ),

    group_weights as (
        select
            holds_from,
            available_set,
            applicable_set,
            measure_group,
            max(group_weight) as group_weight,
            {{ exact_sum("case when is_available then weight else 0 end", places=9) }}
            as available_weight,
            {{ exact_sum("case when is_applicable then weight else 0 end", places=9) }}
            as applicable_weight
        from set_members
        group by holds_from, available_set, applicable_set, measure_group
    ),

    total_weights as (
        select
            holds_from,
            available_set,
            applicable_set,
            {{ exact_sum("case when available_weight > 0 then group_weight else 0 end", places=9) }}
            as available_weight,
            {{
                exact_sum(
                    "case when applicable_weight > 0 then group_weight else 0 end", places=9
                )
            }} as applicable_weight
        from group_weights
        group by holds_from, available_set, applicable_set
    ),

    weights as (
        select
            members.*,
            case
                when members.is_available
                then
                    members.group_weight
                    / totals.available_weight
                    * members.weight
                    / groups.available_weight
            end as effective_weight,
            case
                when members.is_available
                then
                    members.group_weight
                    / totals.applicable_weight
                    * members.weight
                    / groups.applicable_weight
                when members.is_applicable
                then 0
            end as coverage_weight
        from set_members as members
        inner join
            group_weights as groups
            on members.holds_from = groups.holds_from
            and members.available_set = groups.available_set
            and members.applicable_set = groups.applicable_set
            and members.measure_group = groups.measure_group
        inner join
            total_weights as totals
            on members.holds_from = totals.holds_from
            and members.available_set = totals.available_set
            and members.applicable_set = totals.applicable_set
    ),

    final as (
        select
            day_sets.account_id,
            day_sets.day,
            day_sets.holds_from,
            day_sets.is_model_of_day,
            day_sets.is_on_spine,
            day_sets.tier_id,
            weights.measure_group,
            weights.measure,
            scores.raw_value,
            scores.measured_on,
            cast({{ days_between("scores.measured_on", "day_sets.day") }} as integer) as age_days,
            case
                when held_days.held_score is not null then 'ok' else scores.measured_status
            end as status,
            coalesce(held_days.held_score, scores.measured_score) as score,
            scores.measured_score,
            held_days.held_score is not null as is_held,
            weights.is_available,
            weights.effective_weight,
            weights.effective_weight
            * coalesce(held_days.held_score, scores.measured_score) as contribution,
            weights.coverage_weight,
            weights.is_applicable
            and coalesce(
                {{ days_between("scores.measured_on", "day_sets.day") }} > weights.stale_warn_d,
                false
            ) as is_stale_warned
        from scores
        inner join
            day_sets
            on scores.account_id = day_sets.account_id
            and scores.day = day_sets.day
            and scores.holds_from = day_sets.holds_from
        inner join
            weights
            on day_sets.holds_from = weights.holds_from
            and day_sets.available_set = weights.available_set
            and day_sets.applicable_set = weights.applicable_set
            and scores.measure_number = weights.measure_number
        left join
            held_days
            on scores.account_id = held_days.account_id
            and scores.day = held_days.day
            and scores.holds_from = held_days.holds_from
            and scores.measure_number = held_days.measure_number
            and scores.measured_status <> 'not_applicable'
    )

select *
from final
order by account_id, day, measure
