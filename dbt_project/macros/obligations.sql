{# What the models of the ledger of obligations share. #}
{# What makes a standard: two rows of cfg_standard that agree in these are one standard. #}
{% macro standard_content() %}
    {{
        return(
            [
                "tier_id",
                "family",
                "standard_version",
                "schedule_type",
                "interval_d",
                "period",
                "min_eligible_share",
                "due_d",
                "open_d",
                "due_business_hours",
                "due_business_days",
                "max_age_d",
                "when_predicate",
                "is_automation_allowed",
                "quality",
                "is_required",
                "weight",
                "grace_bd",
                "delivery_mode",
                "owner",
                "segment_filter",
                "expected_minutes",
            ]
        )
    }}
{% endmacro %}

{# Schedules that a touch settles. #}
{% macro schedules_settled_by_touch() -%}
    ('rolling', 'conditional', 'fixed_calendar', 'anchored', 'lead_to_event')
{%- endmacro %}

{# Schedules in which each touch starts the clock anew. #}
{% macro schedules_with_clock() -%}('rolling', 'conditional') {%- endmacro %}

{# True where the days [from, to) of one row hold a day. #}
{% macro holds_on(row, from, to, day) -%}
    {{ row }}.{{ from }} <= {{ day }} and coalesce({{ row }}.{{ to }} > {{ day }}, true)
{%- endmacro %}

{# Types of activity that record work about a customer, or something that a customer reached: nobody
   need be present. #}
{% macro activity_types_without_customer() -%}
    ('health_assessment', 'health_update', 'risk_update', 'first_value', 'onboarding_complete')
{%- endmacro %}

{# True for an activity that anyone of the team, or its software, did; `teams` has the lists of people
   in which anyone of the team is. Who is not named may have been anyone. #}
{% macro is_by_the_team(activity, teams) -%}
    (
        coalesce({{ activity }}.is_automated, false)
        or coalesce({{ list_length(activity ~ ".user_emails") }}, 0) = 0
        or {{ activity }}.user_emails in (select user_emails from {{ teams }})
    )
{%- endmacro %}

{# True for an activity in which a customer was present or addressed, as far as its record says. #}
{% macro is_with_customer(activity) -%}
    (
        coalesce({{ activity }}.direction, '') <> 'internal'
        and (
            coalesce({{ activity }}.customer_attendees, 1) > 0
            or coalesce({{ activity }}.channel, '') in ('email', 'chat', 'in_app', 'event')
        )
    )
{%- endmacro %}

{# The lists of people that activities name in which anyone of the team is; all where no source
   carries people. The same few people meet again and again: each list is looked at once. #}
{% macro lists_with_the_team() -%}
    select distinct named.user_emails
    from
        (
            select user_emails, {{ rows_of("user_emails") }} as email
            from (select distinct user_emails from {{ ref("fct_activity") }}) as lists
        ) as named
    left join {{ ref("users") }} as users on named.email = users.email
    where users.email is not null or not {{ is_entity_carried("users") }}
{%- endmacro %}

{# The earliest unused activity for each of several obligations that may want the same one.
   `choices`: a relation with group_key, place (1, 2, … in the order in which the obligations of a
   group choose), cycle_id and choices (activity ids, the preferred first). Groups take their steps
   together. #}
{% macro earliest_unused(choices) %}
    select
        queue.group_key,
        queue.place,
        queue.cycle_id,
        {{ first_of("queue.choices") }} as activity_id,
        [{{ first_of("queue.choices") }}] as used
    from {{ choices }} as queue
    where queue.place = 1
    union all
    select
        queue.group_key,
        queue.place,
        queue.cycle_id,
        {{ first_of(list_without("queue.choices", "walk.used")) }} as activity_id,
        {{ list_plus("walk.used", first_of(list_without("queue.choices", "walk.used"))) }} as used
    from walk
    inner join
        {{ choices }} as queue on walk.group_key = queue.group_key and walk.place + 1 = queue.place
{% endmacro %}

{# The rolling clock, which stands still in a pause, by one join: `joined_clock` goes with the joins
   of a select over rows with account_id and family, `clock_of` is then what the clock shows on a
   day. A pause's days and the day after it are one day of the clock. #}
{% macro joined_clock(name, row, day) %}
    left join
        {{ ref("int_pause_clock") }} as {{ name }}
        on {{ row }}.account_id = {{ name }}.account_id
        and {{ row }}.family = {{ name }}.family
        and {{ day }} >= {{ name }}.calendar_from
        and {{ day }} < {{ name }}.calendar_to
{% endmacro %}

{% macro clock_of(name, day) -%}
    coalesce(
        case
            when {{ name }}.is_paused
            then {{ name }}.clock_from
            else
                {{
                    add_days(
                        name ~ ".clock_from",
                        days_between(name ~ ".calendar_from", day),
                    )
                }}
        end,
        {{ day }}
    )
{%- endmacro %}

{# The day on which the rolling clock shows something, by one join in the same way. #}
{% macro joined_calendar(name, row, clock) %}
    left join
        {{ ref("int_pause_clock") }} as {{ name }}
        on {{ row }}.account_id = {{ name }}.account_id
        and {{ row }}.family = {{ name }}.family
        and not {{ name }}.is_paused
        and {{ clock }} >= {{ name }}.clock_from
        and {{ clock }} < {{ name }}.clock_to
{% endmacro %}

{% macro calendar_of(name, clock) -%}
    coalesce(
        {{ add_days(name ~ ".calendar_from", days_between(name ~ ".clock_from", clock)) }},
        {{ clock }}
    )
{%- endmacro %}

{# Of a piece of a rolling schedule (first_cycle, due on first_due_clock, then one every interval_d
   days): how many cycles after the first is the first that is not due before a day of the clock. #}
{% macro cycles_reached(piece, clock) -%}
    greatest(
        cast(
            ceil(
                {{ days_between(piece ~ ".first_due_clock", clock) }}
                / cast({{ piece }}.interval_d as double)
            ) as bigint
        ),
        0
    )
{%- endmacro %}
{% macro cycle_reached(piece, clock) -%}
    {{ piece }}.first_cycle + {{ cycles_reached(piece, clock) }}
{%- endmacro %}
{% macro due_reached(piece, clock) -%}
    {{
        add_days(
            piece ~ ".first_due_clock",
            cycles_reached(piece, clock) ~ " * " ~ piece ~ ".interval_d",
        )
    }}
{%- endmacro %}

{# The text of the column that another column names: of an account's history, else of its
   attributes. #}
{% macro account_column_text(accounts, column_name) -%}
    case
        {{ column_name }}
        {% for column in account_history_columns() -%}
            when '{{ column }}' then cast({{ accounts }}.{{ column }} as varchar)
        {% endfor -%}
        else {{ json_text(accounts ~ ".attributes", column_name) }}
    end
{%- endmacro %}
