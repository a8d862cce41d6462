-- The days on which an account's tier can turn, numbered: the first of each active span, and those
-- of its family that fall into one. A view: int_tier_by_rule alone reads it.
{{ config(schema="core", materialized="view") }}
with
    active as (select * from {{ ref("int_account_active") }}),

    days as (select * from {{ ref("int_family_tier_day") }}),

    models as (select * from {{ ref("cfg_model") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    term_ends as (
        select account_id, ends_on from {{ ref("fct_contract") }} where ends_on is not null
    ),

    of_accounts as (
        select
            active.account_id,
            active.active_from,
            active.active_to,
            active.active_from = days.day as is_first_day,
            days.*
        from active
        inner join
            days
            on active.family_account_id = days.family_account_id
            and active.active_from <= days.day
            and coalesce(active.active_to > days.day, true)
        where
            days.is_turning
            or days.day = active.active_from
            -- The first day on which an account has been there long enough to move up.
            or days.day = {{ add_days("active.active_from", "days.promote_days") }}
    ),

    frozen as (
        select distinct of_accounts.account_id, of_accounts.day
        from of_accounts
        inner join models on of_accounts.holds_from = models.holds_from
        inner join
            term_ends
            on of_accounts.account_id = term_ends.account_id
            and term_ends.ends_on
            between of_accounts.day
            and {{ add_days("of_accounts.day", "models.freeze_before_renewal_days") }}
        where of_accounts.demotion_rank is not null
    ),

    final as (
        select
            of_accounts.account_id,
            cast(
                row_number() over (
                    partition by of_accounts.account_id order by of_accounts.day
                ) as integer
            ) as turn_number,
            of_accounts.day as turned_on,
            coalesce(
                least(
                    lead(of_accounts.day) over (
                        partition by of_accounts.account_id order by of_accounts.day
                    ),
                    of_accounts.active_to
                ),
                of_accounts.active_to
            ) as turned_to,
            of_accounts.is_first_day,
            of_accounts.holds_from,
            of_accounts.measured_from,
            of_accounts.highest_measure_before,
            tiers.tier_id as eligible_tier_id,
            of_accounts.eligible_rank,
            -- Nobody moves who was not there all the time looked back on, nor falls whose term ends
            -- soon.
            case
                when
                    of_accounts.active_from
                    <= {{ add_days("of_accounts.day", "- of_accounts.promote_days") }}
                then of_accounts.promotion_rank
            end as promotion_rank,
            case
                when
                    frozen.account_id is null
                    and of_accounts.active_from
                    <= {{ add_days("of_accounts.day", "- of_accounts.demote_days") }}
                then of_accounts.demotion_rank
            end as demotion_rank
        from of_accounts
        left join
            frozen on of_accounts.account_id = frozen.account_id and of_accounts.day = frozen.day
        left join
            tiers
            on of_accounts.holds_from = tiers.holds_from
            and of_accounts.eligible_rank = tiers.tier_rank
    )

select *
from final
order by account_id, turn_number
