-- Why the number of people that a tier needs has changed: more accounts, more owed to each, more of
-- their own questions, or fewer hours that a person has. Each driver's part is its mean effect over
-- all orders in which the drivers could have changed (Shapley), so that the parts add up.
{% set drivers = ["accounts", "standards", "reactive", "supply"] %}
{% set comparisons = {"quarter_before": 3, "year_before": 12} %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    tiers as (
        select
            as_of_on,
            tier_id,
            accounts,
            {{ share("proactive_hours + conditional_hours + onboarding_hours", "accounts") }}
            as standards,
            {{ share("reactive_hours", "accounts") }} as reactive,
            net_hours_per_fte as supply
        from {{ ref("int_capacity_tier") }}
        where tier_id not in ('ALL', 'NONE')
    ),

    comparisons as (
        {% for comparison, months in comparisons.items() %}
            select '{{ comparison }}' as comparison, {{ months }} as months
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    quarter_ends as (
        select distinct
            as_of_on,
            {{ months_later("cast(date_trunc('quarter', as_of_on) as date)", 2) }} as last_month
        from tiers
    ),

    pairs as (
        select
            comparisons.comparison,
            quarter_ends.as_of_on as period_end,
            last_day(
                {{ months_later("quarter_ends.last_month", "-comparisons.months") }}
            ) as compared_with_on
        from quarter_ends
        cross join comparisons
        where quarter_ends.as_of_on = last_day(quarter_ends.last_month)
    ),

    known as (
        select pairs.comparison, pairs.period_end, pairs.compared_with_on, tiers.tier_id
        from pairs
        inner join tiers on tiers.as_of_on in (pairs.period_end, pairs.compared_with_on)
        inner join quarter_ends on pairs.compared_with_on = quarter_ends.as_of_on
        group by pairs.comparison, pairs.period_end, pairs.compared_with_on, tiers.tier_id
        having max(tiers.accounts) > 0
    ),

    -- Where there was no account, what one would have needed is what one needs on the other day.
    sides as (
        select
            known.tier_id,
            known.comparison,
            known.period_end,
            known.compared_with_on,
            coalesce(cast(before.accounts as double), 0) as accounts_0,
            coalesce(cast(after.accounts as double), 0) as accounts_1,
            coalesce(before.standards, after.standards) as standards_0,
            coalesce(after.standards, before.standards) as standards_1,
            coalesce(before.reactive, after.reactive) as reactive_0,
            coalesce(after.reactive, before.reactive) as reactive_1,
            coalesce(before.supply, after.supply) as supply_0,
            coalesce(after.supply, before.supply) as supply_1
        from known
        left join
            tiers as before
            on known.compared_with_on = before.as_of_on
            and known.tier_id = before.tier_id
        left join
            tiers as after on known.period_end = after.as_of_on and known.tier_id = after.tier_id
    ),

    effects as (
        {% for driver in drivers %}
            {% set others = drivers | reject("equalto", driver) | list %}
            select
                tier_id,
                comparison,
                period_end,
                compared_with_on,
                '{{ driver }}' as driver,
                {{ loop.index }} as driver_order,
                {{ driver }}_0 as value_before,
                {{ driver }}_1 as value_after,
                {{ fte_needed_if([]) }} as need_before,
                {{ fte_needed_if(drivers) }} as need_after,
                {% for subset in [[], [0], [1], [2], [0, 1], [0, 2], [1, 2], [0, 1, 2]] -%}
                    {% set changed = [] %}
                    {% for place in subset %} {% do changed.append(others[place]) %} {% endfor %}
                    {{ "+ " if not loop.first }} (
                        {{ fte_needed_if(changed + [driver]) }} - {{ fte_needed_if(changed) }}
                    )
                    / {{ 4 if subset | length in (0, 3) else 12 }}
                {% endfor %} as effect_fte
            from sides
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    effects_and_all as (
        select *
        from effects
        union all
        select
            'ALL' as tier_id,
            comparison,
            period_end,
            compared_with_on,
            driver,
            driver_order,
            null as value_before,
            null as value_after,
            round({{ exact_sum("need_before", 15) }}, 12) as need_before,
            round({{ exact_sum("need_after", 15) }}, 12) as need_after,
            round({{ exact_sum("effect_fte", 15) }}, 12) as effect_fte
        from effects
        group by comparison, period_end, compared_with_on, driver, driver_order
    ),

    final as (
        select
            effects_and_all.tier_id,
            effects_and_all.comparison,
            effects_and_all.compared_with_on,
            effects_and_all.period_end,
            effects_and_all.driver,
            effects_and_all.driver_order,
            effects_and_all.value_before,
            effects_and_all.value_after,
            effects_and_all.effect_fte,
            effects_and_all.need_before as needed_fte_before,
            effects_and_all.need_after as needed_fte_after,
            effects_and_all.need_after - effects_and_all.need_before as needed_fte_change,
            context.as_of as as_of_date,
            context.config_version
        from effects_and_all
        cross join context
    )

select *
from final
order by comparison, period_end, tier_id, driver_order
