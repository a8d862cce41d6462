-- Accounts with ARR on the day before twelve months begin, and what became of it by their end. An
-- account of which a term moved to another in between is taken together with it, as if merged.
{{ config(schema="core") }}
with
    years as (
        select period_start, {{ add_days("period_start", -1) }} as cohort_on, period_end, netting
        from {{ ref("int_outcome_period") }}
        where period_type = 'trailing_12m'
    ),

    terms as (
        select account_id, coalesce(product, '') as product, in_force_from, in_force_to, arr
        from {{ ref("int_term_in_force") }}
    ),

    memberships as (
        select account_id, assigned_tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    movements as (
        select account_id, moved_on, type, amount, amount_at_market_rates
        from {{ ref("fct_arr_movement") }}
        where type in ('expansion', 'expansion_volume', 'expansion_price', 'fx')
    ),

    moves as (
        select
            years.period_start,
            successions.account_id,
            max_by(
                successions.successor_account_id,
                (successions.starts_on, successions.contract_id, successions.successor_contract_id)
            ) as unit_id
        from {{ ref("int_contract_succession") }} as successions
        inner join years on successions.starts_on between years.period_start and years.period_end
        where successions.successor_account_id <> successions.account_id
        group by years.period_start, successions.account_id
    ),

    days as (
        select period_start, cohort_on as day, true as is_start
        from years
        union all
        select period_start, period_end as day, false as is_start
        from years
    ),

    product_arr as (
        select
            days.period_start,
            terms.account_id,
            coalesce(moves.unit_id, terms.account_id) as unit_id,
            terms.product,
            coalesce({{ exact_sum("case when days.is_start then terms.arr end") }}, 0) as arr_then,
            coalesce(
                {{ exact_sum("case when not days.is_start then terms.arr end") }}, 0
            ) as arr_now,
            bool_or(days.is_start) as is_in_force_then,
            bool_or(terms.arr is null) as has_unknown
        from days
        inner join
            terms
            on days.day >= terms.in_force_from
            and coalesce(days.day < terms.in_force_to, true)
        left join
            moves on days.period_start = moves.period_start and terms.account_id = moves.account_id
        group by
            days.period_start,
            terms.account_id,
            coalesce(moves.unit_id, terms.account_id),
            terms.product
    ),

    unit_products as (
        select
            period_start,
            unit_id,
            product,
            {{ exact_sum("arr_then") }} as arr_then,
            {{ exact_sum("arr_now") }} as arr_now,
            bool_or(is_in_force_then) as is_in_force_then,
            bool_or(has_unknown) as has_unknown
        from product_arr
        group by period_start, unit_id, product
    ),

    units as (
        select
            period_start,
            unit_id,
            {{ exact_sum("arr_then") }} as arr_then,
            {{ exact_sum("arr_now") }} as arr_now,
            {{ exact_sum("case when arr_then > 0 then arr_now else 0 end") }} as arr_now_product,
            {{ exact_sum("least(arr_then, arr_now)") }} as kept_product,
            bool_or(has_unknown) as has_unknown
        from unit_products
        group by period_start, unit_id
        having (bool_or(has_unknown) and bool_or(is_in_force_then)) or sum(arr_then) > 0
    ),

    members as (
        select
            period_start,
            unit_id,
            account_id,
            {{ exact_sum("arr_then") }} as arr_then,
            {{ exact_sum("arr_now") }} as arr_now
        from product_arr
        group by period_start, unit_id, account_id
    ),

    grown as (
        select
            years.period_start,
            coalesce(moves.unit_id, movements.account_id) as unit_id,
            {% for type in ["expansion", "expansion_volume", "expansion_price"] -%}
                greatest(
                    coalesce(
                        {{
                            exact_sum(
                                "case when movements.type = '"
                                ~ type
                                ~ "' then movements.amount end"
                            )
                        }},
                        0
                    ),
                    0
                ) as {{ type }},
            {% endfor -%}
            {{
                exact_sum(
                    "case when movements.type = 'fx' then movements.amount_at_market_rates end"
                )
            }} as fx_effect
        from movements
        inner join years on movements.moved_on between years.period_start and years.period_end
        left join
            moves
            on years.period_start = moves.period_start
            and movements.account_id = moves.account_id
        group by years.period_start, coalesce(moves.unit_id, movements.account_id)
    ),

    leaders as (
        select
            period_start,
            unit_id,
            min_by(account_id, (- arr_then, account_id)) as account_then,
            min_by(account_id, (- arr_now, account_id)) as account_now
        from members
        group by period_start, unit_id
    ),

    attributions as (
        select years.*, 'tier_then' as attribution, cohort_on as tier_on
        from years
        union all
        select years.*, 'tier_now' as attribution, period_end as tier_on
        from years
    ),

    judged as (
        select
            units.period_start,
            attributions.attribution,
            units.unit_id as account_id,
            case
                attributions.attribution
                when 'tier_then'
                then leaders.account_then
                else leaders.account_now
            end as tier_of_account_id,
            attributions.tier_on,
            attributions.netting,
            units.has_unknown,
            units.arr_then,
            units.arr_now,
            units.arr_now_product,
            least(units.arr_then, units.arr_now) as kept_account,
            units.kept_product,
            grown.expansion_volume,
            grown.expansion_price,
            grown.expansion + grown.expansion_volume + grown.expansion_price as expansion,
            grown.fx_effect
        from units
        inner join attributions on units.period_start = attributions.period_start
        inner join
            leaders on units.period_start = leaders.period_start and units.unit_id = leaders.unit_id
        left join grown on units.period_start = grown.period_start and units.unit_id = grown.unit_id
    ),

    final as (
        select
            'trailing_12m' as period_type,
            judged.period_start,
            judged.attribution,
            coalesce(memberships.assigned_tier_id, 'NONE') as tier_id,
            judged.account_id,
            judged.has_unknown,
            judged.arr_then,
            judged.arr_now,
            judged.arr_now_product,
            judged.kept_account,
            judged.kept_product,
            case
                judged.netting when 'product' then judged.arr_now_product else judged.arr_now
            end as arr_end,
            case
                judged.netting when 'product' then judged.kept_product else judged.kept_account
            end as arr_kept,
            coalesce({{ share("judged.expansion_volume", "judged.expansion") }}, 0) as volume_share,
            coalesce({{ share("judged.expansion_price", "judged.expansion") }}, 0) as price_share,
            coalesce(judged.fx_effect, 0) as fx_effect
        from judged
        left join
            memberships
            on judged.tier_of_account_id = memberships.account_id
            and judged.tier_on >= memberships.valid_from
            and coalesce(judged.tier_on < memberships.valid_to, true)
    )

select *
from final
order by period_start, attribution, account_id
