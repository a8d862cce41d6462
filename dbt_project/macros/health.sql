{# What the models of the health score share. #}
{# The spine of dates on which health is shown: the last 35 days, the Sundays of the last 104 weeks.
   A relation with day and is_daily (one of the 35). #}
{% macro health_spine(as_of) %}
    select day, day > {{ add_days("as_of", -35) }} as is_daily
    from
        (
            select
                as_of,
                cast(
                    {{ rows_of(days_between_dates(add_days("as_of", -727), "as_of")) }} as date
                ) as day
            from {{ as_of }}
        ) as days
    where
        day > {{ add_days("as_of", -35) }}
        -- 2023-01-01 was a Sunday.
        or {{ days_between("date '2023-01-01'", "day") }} % 7 = 0
{% endmacro %}

{# Whole months from one date to a later one: the day of the month must be reached again. #}
{% macro whole_months_between(earlier, later) -%}
    (
        (year({{ later }}) - year({{ earlier }})) * 12
        + month({{ later }})
        - month({{ earlier }})
        - case when day({{ later }}) < day({{ earlier }}) then 1 else 0 end
    )
{%- endmacro %}

{# Measures that follow from several facts, each with its own column in int_health_value; any other
   is the latest value of its name. #}
{% macro derived_measures() %}
    {{
        return(
            {
                "license_utilisation": "license_utilisation_on",
                "active_users_28d_over_billable": "active_users_28d_over_billable_on",
                "core_feature_depth": "core_feature_depth_on",
                "success_plan": "success_plan_on",
                "last_two_way_meeting_days": "last_activity_on",
                "persona_coverage": "last_activity_on",
                "tickets_30d": "last_ticket_on",
            }
        )
    }}
{% endmacro %}

{# Scores are rounded to a billionth, so that the noise of adding fractions moves nobody over the edge
   of a band. #}
{% macro exact_score(terms) -%} round({{ exact_sum(terms, places=15) }}, 9) {%- endmacro %}

{# True for a completed activity in which the customer took part: one message sent to a customer is
   not, one received is. Who of the firm took part does not matter. #}
{% macro is_two_way(activity) -%}
    (
        {{ activity }}.status = 'completed'
        and {{ activity }}.account_id is not null
        and not coalesce({{ activity }}.is_automated, false)
        and {{ is_with_customer(activity) }}
        and {{ activity }}.type not in (
            'internal_prep',
            'internal_team',
            'reporting',
            'data_entry',
            'renewal_tracking',
            'note',
            'task'
        )
        and (
            {{ activity }}.type not in {{ activity_types_without_customer() }}
            or {{ activity }}.customer_attendees > 0
        )
        and (
            coalesce({{ activity }}.direction, '') = 'inbound'
            or {{ activity }}.channel in ('meeting', 'call', 'chat', 'event')
            or (
                {{ activity }}.channel is null
                and {{ activity }}.type not in ({{ unspoken_activity_types() }})
            )
        )
    )
{%- endmacro %}

{# Words by which sources say that a success plan is no longer, or not yet, followed. #}
{% macro ended_plan_statuses() -%}
    (
        'closed',
        'completed',
        'complete',
        'cancelled',
        'canceled',
        'archived',
        'inactive',
        'expired',
        'draft',
        'lost'
    )
{%- endmacro %}

{# The band of a score, by the edges green_from and yellow_from of its row. #}
{% macro health_band(score) -%}
    case
        when {{ score }} is null
        then 'insufficient_data'
        when {{ score }} >= green_from
        then 'green'
        when {{ score }} >= yellow_from
        then 'yellow'
        else 'red'
    end
{%- endmacro %}

{# What stands for a measure in the number that is a set of measures: a bit. #}
{% macro set_bit(measure_number) -%}
    cast(power(2, {{ measure_number }} - 1) as bigint)
{%- endmacro %}
