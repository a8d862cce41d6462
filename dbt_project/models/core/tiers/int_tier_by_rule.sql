-- The tier that the rules give each account, from turn to turn; all accounts step together. A view:
-- tier_membership_scd2 alone reads it.
{{ config(schema="core", materialized="view") }}
with recursive
    turns as (select * from {{ ref("int_tier_turn") }}),

    ranks as (select holds_from, tier_id, tier_rank from {{ ref("cfg_tier") }}),

    steps as (
        select
            account_id,
            turn_number,
            eligible_tier_id as tier_id,
            case when eligible_tier_id is null then 'measure_unknown' else 'first_day' end as reason
        from turns
        where turn_number = 1
        union all
        select
            turns.account_id,
            turns.turn_number,
            case
                when turns.eligible_tier_id is null
                then steps.tier_id
                when
                    turns.is_first_day
                    or ranks.tier_rank is null
                    or turns.promotion_rank > ranks.tier_rank
                    or (
                        turns.demotion_rank <= ranks.tier_rank
                        and turns.eligible_rank < ranks.tier_rank
                    )
                then turns.eligible_tier_id
                else steps.tier_id
            end as tier_id,
            case
                when turns.eligible_tier_id is null
                then 'measure_unknown'
                when turns.is_first_day
                then 'returned'
                when steps.tier_id is null
                then 'measure_known'
                when
                    ranks.tier_rank is null
                    or (
                        turns.turned_on = turns.holds_from
                        and turns.measured_from < turns.turned_on
                        and coalesce(turns.demotion_rank > ranks.tier_rank, true)
                    )
                then 'model_changed'
                when turns.promotion_rank > ranks.tier_rank
                then 'promoted'
                when
                    turns.demotion_rank <= ranks.tier_rank and turns.eligible_rank < ranks.tier_rank
                then 'demoted'
                else 'kept'
            end as reason
        from steps
        inner join
            turns
            on steps.account_id = turns.account_id
            and steps.turn_number + 1 = turns.turn_number
        left join ranks on turns.holds_from = ranks.holds_from and steps.tier_id = ranks.tier_id
    ),

    final as (
        select
            turns.account_id,
            turns.turned_on,
            turns.turned_to,
            turns.holds_from,
            turns.eligible_tier_id,
            steps.tier_id,
            steps.reason,
            turns.highest_measure_before
        from turns
        inner join
            steps on turns.account_id = steps.account_id and turns.turn_number = steps.turn_number
    )

select *
from final
order by account_id, turned_on
