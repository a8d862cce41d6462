-- Each measure of health on each wanted day: what it was worth then, whether that counts, its
-- score, and its weight among those that count. A measure that moves for many accounts in one night
-- has probably changed its meaning: it is held at the scores of the night before.
{{ config(schema="core", materialized="kept", **kept_by_day("int_health_due")) }}
{%- set derived = derived_measures() %}
with
    days as (select * from {{ ref("int_health_due") }} where is_wanted),

    measures as (select * from {{ ref("cfg_health_measure") }}),

    cases as (select * from {{ ref("int_health_case") }}),

    -- What scores a measure depends on the account's tier and age alone: found once for each.
    kinds_of_account as (
        select *, row_number() over (order by holds_from, tier_id, age_months) as kind_number
        from (select distinct holds_from, tier_id, age_months from days) as kinds
    ),

    fitting_cases as (
        select kinds.kind_number, cases.scored_value, min(cases.case_number) as case_number
        from kinds_of_account as kinds
        inner join
            cases
            on kinds.holds_from = cases.holds_from
            and (cases.tiers is null or {{ list_has("cases.tiers", "kinds.tier_id") }})
            and coalesce(kinds.age_months >= cases.months_from, true)
            and coalesce(kinds.age_months < cases.months_to, true)
        group by kinds.kind_number, cases.scored_value
    ),

    ways as (
        select
            kinds.kind_number,
            measures.measure_number,
            measures.scored_value,
            measures.max_age_d,
            cases.steps,
            cases.worst,
            cases.best,
            (measures.is_scored_as_is or cases.case_number is not null)
            and not coalesce(
                {{ list_has("measures.not_applicable_tiers", "kinds.tier_id") }}, false
            ) as is_applicable
        from kinds_of_account as kinds
        inner join measures on kinds.holds_from = measures.holds_from
        left join
            fitting_cases
            on kinds.kind_number = fitting_cases.kind_number
            and measures.scored_value = fitting_cases.scored_value
        left join
            cases
            on kinds.holds_from = cases.holds_from
            and fitting_cases.scored_value = cases.scored_value
            and fitting_cases.case_number = cases.case_number
    ),

    measured as (
        select
            days.account_id,
            days.day,
            days.holds_from,
            days.is_model_of_day and days.is_on_spine as is_shown,
            ways.measure_number,
            ways.max_age_d,
            ways.is_applicable,
            ways.steps,
            ways.worst,
            ways.best,
            case
                ways.scored_value
                {% for name in derived -%} when '{{ name }}' then facts.{{ name }} {% endfor -%}
                else named.value
            end as raw_value,
            case
                ways.scored_value
                {% for name, measured_on in derived.items() -%}
                    when '{{ name }}' then facts.{{ measured_on }}
                {% endfor -%}
                else named.measured_on
            end as known_on
        from days
        inner join
            kinds_of_account as kinds
            on days.holds_from = kinds.holds_from
            and days.age_months = kinds.age_months
            and days.tier_id is not distinct from kinds.tier_id
        left join
            {{ ref("int_health_value") }} as facts
            on days.account_id = facts.account_id
            and days.day = facts.day
        inner join ways on kinds.kind_number = ways.kind_number
        left join
            {{ ref("int_health_named_value") }} as named
            on days.account_id = named.account_id
            and days.day = named.day
            and ways.scored_value = named.name
    ),

    judged as (
        select
            *,
            case when raw_value is not null then known_on end as measured_on,
            case
                when not is_applicable
                then 'not_applicable'
                when raw_value is null
                then 'missing'
                when {{ days_between("known_on", "day") }} > max_age_d
                then 'stale'
                else 'ok'
            end as measured_status
        from measured
    ),

    final as (
        select
            account_id,
            day,
            holds_from,
            is_shown,
            measure_number,
            raw_value,
            measured_on,
            measured_status,
            case
                when measured_status <> 'ok'
                then null
                when steps is not null
                then {{ step_score("steps", "raw_value") }}
                when worst is not null
                then least(greatest(100.0 * (raw_value - worst) / (best - worst), 0), 100)
                else least(greatest(raw_value, 0), 100)
            end as measured_score
        from judged
    )

select *
from final
