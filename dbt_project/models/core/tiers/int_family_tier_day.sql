-- What the rules of moving between tiers look at, on the days on which it can turn: of each family
-- the band that holds its measure, the band that it has held long enough to move up to, and the
-- lowest band that it has been far enough below for long enough to fall from. A view: int_tier_turn
-- alone reads it.
{{ config(schema="core", materialized="view") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    models as (select * from {{ ref("cfg_model") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    measures as (select * from {{ ref("int_family_measure") }}),

    active as (select * from {{ ref("int_account_active") }}),

    families as (
        select family_account_id, min(measured_from) as first_on
        from measures
        group by family_account_id
    ),

    changes as (
        select family_account_id, measured_from as changed_on
        from measures
        union
        select family_account_id, active_from as changed_on
        from active
        union
        select families.family_account_id, models.holds_from as changed_on
        from families
        inner join models on families.first_on < models.holds_from
    ),

    quarters as (
        select
            families.family_account_id,
            cast({{ rows_of(quarters_after("families.first_on", "context.as_of")) }} as date) as day
        from families
        cross join context
    ),

    days as (
        select family_account_id, changed_on as day, false as is_quarter_start
        from changes
        union all
        -- Where moving up takes a while, that while after each change.
        select
            changes.family_account_id,
            {{ add_days("changes.changed_on", "models.promote_days") }} as day,
            false as is_quarter_start
        from changes
        cross join models
        where models.promote_days > 0
        union all
        select family_account_id, day, true as is_quarter_start
        from quarters
    ),

    modelled as (
        select
            days.family_account_id,
            days.day,
            bool_or(days.is_quarter_start) as is_quarter_start,
            models.holds_from,
            models.promote_days,
            models.demote_days,
            models.demote_edge
        from days
        cross join context
        inner join
            models on days.day >= models.holds_from and coalesce(days.day < models.holds_to, true)
        where days.day <= context.as_of
        group by all
    ),

    -- The measure on the day and on those before it that moving looks back on.
    looked_at as (
        select
            modelled.*,
            measures.measure,
            measures.measured_from,
            coalesce(measures.measured_to > modelled.day, true) as is_of_the_day,
            coalesce(
                measures.measured_to > {{ add_days("modelled.day", "- modelled.promote_days") }},
                true
            ) as is_for_promotion,
            modelled.is_quarter_start
            and measures.measured_from < modelled.day
            and coalesce(
                measures.measured_to > {{ add_days("modelled.day", "- modelled.demote_days") }},
                true
            ) as is_for_demotion
        from modelled
        inner join
            measures
            on modelled.family_account_id = measures.family_account_id
            and modelled.day >= measures.measured_from
        where
            coalesce(
                measures.measured_to
                > {{
                    add_days(
                        "modelled.day", "- greatest(modelled.promote_days, modelled.demote_days)"
                    )
                }},
                true
            )
    ),

    measured as (
        select
            family_account_id,
            day,
            holds_from,
            promote_days,
            demote_days,
            demote_edge,
            max(case when is_of_the_day then measure end) as measure,
            max(case when is_of_the_day then measured_from end) as measured_from,
            case
                when bool_and(measure is not null or not is_for_promotion)
                then min(case when is_for_promotion then measure end)
            end as lowest_measure,
            case
                when bool_and(measure is not null or not is_for_demotion)
                then max(case when is_for_demotion then measure end)
            end as highest_measure_before
        from looked_at
        group by family_account_id, day, holds_from, promote_days, demote_days, demote_edge
    ),

    ranked as (
        select
            measured.*,
            max(
                case when tiers.arr_from <= measured.measure then tiers.tier_rank end
            ) as eligible_rank,
            max(
                case when tiers.arr_from <= measured.lowest_measure then tiers.tier_rank end
            ) as promotion_rank,
            min(
                case
                    when measured.highest_measure_before < measured.demote_edge * tiers.arr_from
                    then tiers.tier_rank
                end
            ) as demotion_rank
        from measured
        inner join tiers on measured.holds_from = tiers.holds_from
        group by all
    ),

    compared as (
        select
            *,
            lag(holds_from) over same_family as holds_from_before,
            lag(eligible_rank) over same_family as eligible_rank_before,
            lag(promotion_rank) over same_family as promotion_rank_before
        from ranked
        window same_family as (partition by family_account_id order by day)
    ),

    final as (
        select
            family_account_id,
            day,
            holds_from,
            promote_days,
            demote_days,
            measured_from,
            highest_measure_before,
            eligible_rank,
            promotion_rank,
            demotion_rank,
            coalesce(holds_from <> holds_from_before, true)
            or eligible_rank is distinct from eligible_rank_before
            or promotion_rank is distinct from promotion_rank_before
            or demotion_rank is not null as is_turning
        from compared
    )

select *
from final
order by family_account_id, day
