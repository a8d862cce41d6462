-- Accounts, people and hours of each tier on the last day of each of the last 24 whole months, and
-- on as_of; NONE are people without accounts, ALL is everything together.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    days as ({{ capacity_days("context") }}),

    models as (select * from {{ ref("cfg_capacity") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    books as (
        select *, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_book_tier") }}
    ),

    demand as (select as_of_on, tier_id, arr from {{ ref("int_account_demand") }}),

    {% set told = [
        "as_of_on",
        "unit",
        "accounts",
        "heads",
        "fte",
        "supply_hours",
        "proactive_hours",
        "reactive_hours",
        "conditional_hours",
        "onboarding_hours",
        "required_hours",
    ] %}
    books_and_all as (
        select tier_id, {{ told | join(", ") }}
        from books
        union all
        -- A person with accounts of several tiers is one person.
        select
            'ALL' as tier_id,
            {% for column in told -%}
                {% if column == "heads" -%}
                    case
                        when row_number() over (partition by as_of_on, unit order by tier_id) = 1
                        then heads
                    end as heads
                {%- else -%} {{ column }}
                {%- endif -%}
                {{ ", " if not loop.last }}
            {%- endfor %}
        from books
    ),

    arr_and_all as (
        select as_of_on, tier_id, arr
        from demand
        union all
        select as_of_on, 'ALL' as tier_id, arr
        from demand
    ),

    known as (select as_of_on, count(fte) > 0 as has_people from books group by as_of_on),

    summed as (
        select
            as_of_on,
            tier_id,
            sum(accounts) as accounts,
            sum(case when unit is null then accounts else 0 end) as accounts_unowned,
            sum(
                case when unit is not null and fte is null then accounts else 0 end
            ) as accounts_without_supply,
            sum(heads) as heads,
            count(fte) > 0 or count(unit) = 0 as has_known_people,
            round({{ exact_sum("fte", 15) }}, 9) as fte,
            round({{ exact_sum("supply_hours", 15) }}, 9) as supply_hours,
            {% for part in ["proactive", "reactive", "conditional", "onboarding", "required"] -%}
                {{ exact_sum(part ~ "_hours") }} as {{ part }}_hours {{- "," if not loop.last }}
            {% endfor %}
        from books_and_all
        group by as_of_on, tier_id
    ),

    arr_sums as (
        select
            as_of_on,
            tier_id,
            {{ exact_sum("arr") }} as arr,
            {{ exact_sum("arr") }} / count(arr) as arr_per_account_mean,
            {{ quantile_of("arr", 0.5) }} as arr_per_account_median,
            {{ quantile_of("arr", 0.9) }} as arr_per_account_p90
        from arr_and_all
        group by as_of_on, tier_id
    ),

    cells as (
        select
            days.as_of_on, days.is_current, tiers.tier_id, tiers.reference_low, tiers.reference_high
        from days
        inner join tiers on {{ holds_on("tiers", "holds_from", "holds_to", "days.as_of_on") }}
        union all
        select
            days.as_of_on,
            days.is_current,
            'ALL' as tier_id,
            models.reference_low,
            models.reference_high
        from days
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "days.as_of_on") }}
        union all
        select
            days.as_of_on,
            days.is_current,
            'NONE' as tier_id,
            null as reference_low,
            null as reference_high
        from days
        inner join summed on days.as_of_on = summed.as_of_on and summed.tier_id = 'NONE'
    ),

    told as (
        select
            cells.as_of_on,
            cells.is_current,
            cells.tier_id,
            cells.reference_low,
            cells.reference_high,
            models.net_hours_per_fte,
            models.over_util,
            models.under_util,
            cast(coalesce(summed.accounts, 0) as bigint) as accounts,
            cast(coalesce(summed.accounts_unowned, 0) as bigint) as accounts_unowned,
            cast(coalesce(summed.accounts_without_supply, 0) as bigint) as accounts_without_supply,
            {% for number in ["heads", "fte", "supply_hours"] -%}
                case
                    when
                        coalesce(known.has_people, false)
                        and coalesce(summed.has_known_people, true)
                    then coalesce(summed.{{ number }}, 0)
                end as {{ number }},
            {% endfor -%}
            {% for part in ["proactive", "reactive", "conditional", "onboarding", "required"] -%}
                coalesce(summed.{{ part }}_hours, 0) as {{ part }}_hours,
            {% endfor -%}
            arr_sums.arr,
            arr_sums.arr_per_account_mean,
            arr_sums.arr_per_account_median,
            arr_sums.arr_per_account_p90
        from cells
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "cells.as_of_on") }}
        left join known on cells.as_of_on = known.as_of_on
        left join summed on cells.as_of_on = summed.as_of_on and cells.tier_id = summed.tier_id
        left join
            arr_sums on cells.as_of_on = arr_sums.as_of_on and cells.tier_id = arr_sums.tier_id
    ),

    final as (
        select
            as_of_on,
            is_current,
            tier_id,
            reference_low,
            reference_high,
            net_hours_per_fte,
            over_util,
            under_util,
            accounts,
            accounts_unowned,
            accounts_without_supply,
            cast(heads as bigint) as heads,
            fte,
            supply_hours,
            proactive_hours,
            reactive_hours,
            conditional_hours,
            onboarding_hours,
            required_hours,
            {{ share("accounts", "fte") }} as accounts_per_fte,
            case
                when tier_id <> 'ALL'
                then {{ share("net_hours_per_fte * accounts", "required_hours") }}
            end as implied_accounts_per_fte,
            {{ share("required_hours", "accounts") }} as mean_required_hours,
            required_hours / net_hours_per_fte as needed_fte,
            required_hours / net_hours_per_fte - fte as fte_gap,
            {{ share("required_hours", "supply_hours") }} as utilisation,
            arr,
            arr_per_account_mean,
            arr_per_account_median,
            arr_per_account_p90
        from told
    )

select *
from final
order by as_of_on, tier_id
