-- Why ARR rose or fell, day by day: the movements of an account up to a day add up to its ARR on
-- that day. Where one contract takes the place of another, only the difference moves.
with
    context as (select as_of, config_version, currency from {{ source("meta", "context") }}),

    terms as (select * from {{ ref("int_term_in_force") }}),

    successions as (select * from {{ ref("int_contract_succession") }}),

    tiers as (select * from {{ ref("tier_membership_scd2") }}),

    readings as (
        select account_id, "on" as read_on, value as licences
        from {{ ref("usage") }}
        where metric = 'licences_billable'
    ),

    dated_rates as (
        select
            currency,
            rate,
            holds_from,
            lead(holds_from) over same_currency as holds_to,
            rate - lag(rate) over same_currency as change
        from {{ source("meta", "fx_rate_history") }}
        window same_currency as (partition by currency order by holds_from)
    ),

    -- What goes on without a gap in another contract, and how much of either is meant.
    handovers as (
        select
            ended.account_id as account_id_before,
            begun.account_id,
            begun.in_force_from as moved_on,
            ended.contract_id as predecessor_contract_id,
            begun.contract_id,
            begun.product,
            coalesce(ended.product = begun.product, true) as is_same_product,
            begun.currency,
            ended.currency as currency_before,
            successions.weight,
            successions.share,
            begun.arr_local * successions.weight as share_local,
            ended.arr,
            ended.arr_local,
            case
                when sum(cast(successions.share as decimal(28, 6))) over same_predecessor <> 0
                then
                    successions.share / cast(
                        sum(cast(successions.share as decimal(28, 6))) over same_predecessor
                        as double
                    )
                else cast(1 as double) / count(*) over same_predecessor
            end as part_of_predecessor
        from successions
        inner join terms as ended on successions.contract_id = ended.contract_id
        inner join
            terms as begun
            on successions.successor_contract_id = begun.contract_id
            and ended.in_force_to = begun.in_force_from
        window same_predecessor as (partition by ended.contract_id)
    ),

    handed_over as (
        select
            *,
            round(arr * part_of_predecessor, 6) as part,
            arr_local * part_of_predecessor as part_local
        from handovers
    ),

    changed as (select *, round(share - part, 6) as amount from handed_over where share <> part),

    -- What goes on in no contract, or goes on from none.
    begun as (
        select
            terms.account_id,
            terms.in_force_from as moved_on,
            terms.contract_id,
            terms.product,
            terms.currency,
            round(terms.arr - coalesce(covered.share, 0), 6) as amount,
            terms.arr_local * (1 - coalesce(covered.weight, 0)) as amount_local
        from terms
        left join
            (
                select
                    contract_id,
                    {{ exact_sum("share") }} as share,
                    {{ exact_sum("weight", 12) }} as weight
                from handovers
                group by contract_id
            ) as covered
            on terms.contract_id = covered.contract_id
        where coalesce(covered.weight, 0) < 0.999999
    ),

    ended as (
        select
            terms.account_id,
            terms.in_force_to as moved_on,
            terms.contract_id,
            terms.product,
            terms.currency,
            terms.arr as amount,
            terms.arr_local as amount_local
        from terms
        left join
            (select distinct predecessor_contract_id from handovers) as handed
            on terms.contract_id = handed.predecessor_contract_id
        where terms.in_force_to is not null and handed.predecessor_contract_id is null
    ),

    -- How an account stood on the day before and on the day itself.
    standing as (
        select
            days.account_id,
            days.moved_on,
            bool_or(terms.in_force_from < days.moved_on) as was_there,
            bool_or(
                terms.in_force_from < days.moved_on
                and coalesce(terms.in_force_to >= days.moved_on, true)
            ) as is_there_before,
            bool_or(
                terms.in_force_from <= days.moved_on
                and coalesce(terms.in_force_to > days.moved_on, true)
            ) as is_there_after,
            {{
                list_in_order(
                    "terms.product",
                    "terms.product",
                    "terms.in_force_from < days.moved_on"
                    " and coalesce(terms.in_force_to >= days.moved_on, true)",
                )
            }} as products
        from
            (
                select account_id, moved_on
                from begun
                union
                select account_id, moved_on
                from ended
            ) as days
        inner join terms on days.account_id = terms.account_id
        group by days.account_id, days.moved_on
    ),

    licensed as (
        select
            changed.predecessor_contract_id,
            changed.contract_id,
            max_by(readings.licences, readings.read_on) filter (
                where readings.read_on < changed.moved_on
            ) as licences_before,
            min_by(readings.licences, readings.read_on) filter (
                where readings.read_on >= changed.moved_on
            ) as licences
        from changed
        inner join
            readings
            on changed.account_id = readings.account_id
            and readings.read_on
            between {{ add_days("changed.moved_on", -92) }}
            and {{ add_days("changed.moved_on", 92) }}
        where changed.amount > 0 and changed.is_same_product
        group by changed.predecessor_contract_id, changed.contract_id
    ),

    -- The volume of a rise: what its licences rose by. NULL where nobody knows.
    measured as (
        select
            changed.*,
            case
                when not changed.is_same_product
                then changed.amount
                when licensed.licences_before > 0 and licensed.licences is not null
                then
                    round(
                        least(
                            changed.amount,
                            changed.part
                            * greatest(licensed.licences / licensed.licences_before - 1, 0)
                        ),
                        6
                    )
            end as volume
        from changed
        left join
            licensed
            on changed.predecessor_contract_id = licensed.predecessor_contract_id
            and changed.contract_id = licensed.contract_id
    ),

    renewals as (
        select
            *,
            case when amount < 0 then 'contraction' else 'expansion' end as type,
            amount as amount_of_type
        from measured
        where amount < 0 or volume is null
        union all
        select *, 'expansion_volume' as type, volume as amount_of_type
        from measured
        where amount > 0 and volume <> 0
        union all
        select *, 'expansion_price' as type, round(amount - volume, 6) as amount_of_type
        from measured
        where amount > 0 and round(amount - volume, 6) <> 0
    ),

    -- Each movement with what it is in the contracts' own currencies: that of the contract that
    -- begins, less that of the one that ends.
    moved as (
        select
            account_id,
            moved_on,
            type,
            amount_of_type as amount,
            share_local * amount_of_type / amount as local_to,
            currency as currency_to,
            part_local * amount_of_type / amount as local_from,
            currency_before as currency_from,
            contract_id,
            predecessor_contract_id,
            product
        from renewals
        union all
        select
            account_id_before as account_id,
            moved_on,
            'transfer' as type,
            - part as amount,
            0 as local_to,
            null as currency_to,
            part_local as local_from,
            currency_before as currency_from,
            contract_id,
            predecessor_contract_id,
            product
        from handed_over
        where account_id_before <> account_id and coalesce(part <> 0, true)
        union all
        select
            account_id,
            moved_on,
            'transfer' as type,
            part as amount,
            part_local as local_to,
            currency_before as currency_to,
            0 as local_from,
            null as currency_from,
            contract_id,
            predecessor_contract_id,
            product
        from handed_over
        where account_id_before <> account_id and coalesce(part <> 0, true)
        union all
        select
            begun.account_id,
            begun.moved_on,
            case
                when not standing.is_there_before and not standing.was_there
                then 'new'
                when not standing.is_there_before
                then 'winback'
                when
                    not coalesce(
                        {{ list_has("standing.products", "begun.product") }}, begun.product is null
                    )
                then 'expansion_volume'
                else 'expansion'
            end as type,
            begun.amount,
            begun.amount_local as local_to,
            begun.currency as currency_to,
            0 as local_from,
            null as currency_from,
            begun.contract_id,
            null as predecessor_contract_id,
            begun.product
        from begun
        inner join
            standing
            on begun.account_id = standing.account_id
            and begun.moved_on = standing.moved_on
        where coalesce(begun.amount <> 0, true)
        union all
        select
            ended.account_id,
            ended.moved_on,
            case when standing.is_there_after then 'contraction' else 'churn' end as type,
            - ended.amount as amount,
            0 as local_to,
            null as currency_to,
            ended.amount_local as local_from,
            ended.currency as currency_from,
            null as contract_id,
            ended.contract_id as predecessor_contract_id,
            ended.product
        from ended
        inner join
            standing
            on ended.account_id = standing.account_id
            and ended.moved_on = standing.moved_on
        where coalesce(ended.amount <> 0, true)
    ),

    valued as (
        select
            moved.account_id,
            moved.moved_on,
            moved.type,
            moved.amount,
            round({{ at_market("to") }} - {{ at_market("from") }}, 6) as amount_at_market_rates,
            moved.contract_id,
            moved.predecessor_contract_id,
            moved.product,
            cast(null as varchar) as currency
        from moved
        cross join context
        left join
            dated_rates as rates_to
            on moved.currency_to = rates_to.currency
            and moved.moved_on >= rates_to.holds_from
            and coalesce(moved.moved_on < rates_to.holds_to, true)
        left join
            dated_rates as rates_from
            on moved.currency_from = rates_from.currency
            and moved.moved_on >= rates_from.holds_from
            and coalesce(moved.moved_on < rates_from.holds_to, true)
        where moved.moved_on <= context.as_of
        union all
        -- What the market alone did to contracts in another currency.
        select
            terms.account_id,
            dated_rates.holds_from as moved_on,
            'fx' as type,
            0 as amount,
            {{ exact_sum("terms.arr_local * dated_rates.change") }} as amount_at_market_rates,
            null as contract_id,
            null as predecessor_contract_id,
            null as product,
            terms.currency
        from terms
        cross join context
        inner join
            dated_rates
            on terms.currency = dated_rates.currency
            and terms.in_force_from < dated_rates.holds_from
            and coalesce(terms.in_force_to >= dated_rates.holds_from, true)
        where
            dated_rates.change <> 0
            and dated_rates.holds_from <= context.as_of
            and terms.currency <> context.currency
        group by terms.account_id, dated_rates.holds_from, terms.currency
    ),

    final as (
        select
            {{
                fingerprint(
                    [
                        "valued.account_id",
                        "valued.moved_on",
                        "valued.type",
                        "valued.contract_id",
                        "valued.predecessor_contract_id",
                        "valued.currency",
                    ]
                )
            }} as movement_id,
            valued.account_id,
            valued.moved_on,
            valued.type,
            valued.amount,
            valued.amount_at_market_rates,
            valued.contract_id,
            valued.predecessor_contract_id,
            valued.product,
            coalesce(tiers_before.assigned_tier_id, tiers.assigned_tier_id) as tier_id,
            context.as_of as as_of_date,
            context.config_version
        from valued
        cross join context
        left join
            tiers
            on valued.account_id = tiers.account_id
            and valued.moved_on >= tiers.valid_from
            and coalesce(valued.moved_on < tiers.valid_to, true)
        left join
            tiers as tiers_before
            on valued.account_id = tiers_before.account_id
            and {{ add_days("valued.moved_on", -1) }} >= tiers_before.valid_from
            and coalesce({{ add_days("valued.moved_on", -1) }} < tiers_before.valid_to, true)
    )

select *
from final
order by account_id, moved_on, type, movement_id
