{# What of health is kept from one night to the next, and how it is told whether it stands. The tables
   in `meta` are written by the last model of the chain, once all of it is computed; the first one
   that changes anything takes the word back, so that a night that ends in between leaves none. #}
{# The tables that hold what earlier nights computed. #}
{% macro kept_health_tables() %}
    {{
        return(
            [
                "int_health_value",
                "int_health_named_value",
                "int_health_score",
                "int_health_measure_day",
                "int_health_day",
            ]
        )
    }}
{% endmacro %}

{# How such a table is kept: by account and day, those that a model lists as due. #}
{% macro kept_by_day(due) %}
    {{ return({"standing": "int_health_standing", "due": due, "key": ["account_id", "day"]}) }}
{% endmacro %}

{# The statements that remember tonight's health as it was computed, the word that it stands last. #}
{% macro remember_health() %}
    {% set night = kept_from_night_to_night("health_night") %}
    {% set basis = kept_from_night_to_night("health_basis") %}
    {% set hold = kept_from_night_to_night("health_hold") %}
    {{
        return(
            [
                "create or replace table "
                ~ basis
                ~ " as select account_id, day, fingerprint from "
                ~ ref("int_health_basis"),
                "create or replace table "
                ~ hold
                ~ " as select held_from, held_to from "
                ~ ref("int_health_hold"),
                "insert into " ~ night ~ " select recipe from " ~ this,
            ]
            | join("; ")
        )
    }}
{% endmacro %}
