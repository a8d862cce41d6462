{# What the models of capacity share. #}
{# The Monday of a date's week. #}
{% macro week_of(date) -%} cast(date_trunc('week', {{ date }}) as date) {%- endmacro %}

{# The share of full capacity that a person gives on a day: by the quarter of employment that it falls
   in, in whole months; beyond the list its last, which also those give whose start is unknown. #}
{% macro ramp_share(by_quarter, started_on, day) -%}
    case
        when
            {{ started_on }} is null
            or {{ whole_months_between(started_on, day) }} >= 3 * {{ list_length(by_quarter) }}
        then {{ element_of(by_quarter, list_length(by_quarter)) }}
        else
            {{
                element_of(
                    by_quarter,
                    "cast(floor("
                    ~ whole_months_between(started_on, day)
                    ~ " / 3.0) as integer) + 1",
                )
            }}
    end
{%- endmacro %}

{# The days on which capacity is told: the last day of each of the last 24 whole months, and as_of.
   Rows of as_of_on and is_current, from a relation with as_of. #}
{% macro capacity_days(context) %}
    select as_of_on, as_of_on = as_of as is_current
    from
        (
            select as_of, as_of as as_of_on
            from {{ context }}
            union
            select as_of, last_day(month_start) as as_of_on
            from
                (
                    select
                        as_of,
                        cast(
                            {{
                                rows_of(
                                    months_between_dates(
                                        months_later(
                                            "cast(date_trunc('month', "
                                            ~ add_days("as_of", 1)
                                            ~ ") as date)",
                                            -24,
                                        ),
                                        "as_of",
                                    )
                                )
                            }} as date
                        ) as month_start
                    from {{ context }}
                ) as months
            where last_day(month_start) <= as_of
        ) as days
{% endmacro %}

{# How many times the standards' hours an account of some complexity takes; 1 where that is
   unknown. #}
{% macro complexity_multiplier(model, complexity) -%}
    case
        {{ complexity }}
        {%- for word in ["low", "medium", "high"] %}
            when '{{ word }}' then {{ model }}.complexity_multiplier_{{ word }}
        {%- endfor %}
        else 1.0
    end
{%- endmacro %}

{# Hours of a year's occurrences, from how often and how many minutes. #}
{% macro yearly_hours(per_year, minutes) -%}
    (coalesce({{ per_year }}, 0) * coalesce({{ minutes }}, 0) / 60)
{%- endmacro %}

{# Rows of account_id, as_of_on and hours: what of `obligations` fell due to each account in the 91 days
   up to each of `days`. An engagement takes what `actual_minutes` of its tier and family says it took
   by then, else what its standard says. #}
{% macro hours_fallen_due(obligations, days, actual_minutes) %}
    select
        obligations.account_id,
        days.as_of_on,
        {{ exact_sum("coalesce(actual_minutes.minutes, obligations.expected_minutes, 0) / 60") }}
        as hours
    from {{ obligations }} as obligations
    inner join
        {{ days }} as days
        on obligations.due_on <= days.as_of_on
        and obligations.due_on > {{ add_days("days.as_of_on", -91) }}
    left join
        {{ actual_minutes }} as actual_minutes
        on days.as_of_on = actual_minutes.as_of_on
        and obligations.tier_id = actual_minutes.tier_id
        and obligations.family = actual_minutes.family
    group by obligations.account_id, days.as_of_on
{% endmacro %}

{# Who gives the hours, as one text: a person, else a pool; NULL for nobody. #}
{% macro unit_of(user_id, pool) -%}
    coalesce('person ' || {{ user_id }}, 'pool ' || {{ pool }})
{%- endmacro %}

{# Whether there is too much work for the time (over), too little (under), or neither (ok); NULL where
   that is unknown. #}
{% macro load_band(utilisation, model) -%}
    case
        when {{ utilisation }} > {{ model }}.over_util
        then 'over'
        when {{ utilisation }} < {{ model }}.under_util
        then 'under'
        when {{ utilisation }} is not null
        then 'ok'
    end
{%- endmacro %}

{# The people needed when the drivers in `changed` have changed and the others have not: accounts times
   the hours of each, over what a person has. #}
{% macro fte_needed_if(changed) -%}
    accounts_{{ 1 if "accounts" in changed else 0 }} * (
        standards_{{ 1 if "standards" in changed else 0 }}
        + reactive_{{ 1 if "reactive" in changed else 0 }}
    )
    / supply_{{ 1 if "supply" in changed else 0 }}
{%- endmacro %}
