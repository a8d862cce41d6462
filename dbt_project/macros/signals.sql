{# What the models of signals share. #}
{# True where a predicate of any coverage model asks for one of some signals. #}
{% macro is_signal_named(signals) -%}
    (
        select coalesce(bool_or(signal in ('{{ signals | join("', '") }}')), false)
        from {{ ref("int_predicate_term") }}
    )
{%- endmacro %}

{# What each signal must be fed by, lately, to be believed; the others follow from what holds until
   it is changed. Usage is judged by the account's own readings. #}
{% macro inputs_of_signals() %}
    {{
        return(
            {
                "active_contacts_90d": "activities",
                "days_since_two_way": "activities",
                "unresponsive": "activities",
                "tickets_30d": "tickets",
            }
        )
    }}
{% endmacro %}
