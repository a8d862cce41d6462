{# What the models about the distribution of CSMs share. #}
{# Keys of the section `distribution` of each coverage model, as the record `said`, with the days on
   which it holds. #}
{% macro distribution_settings(shape) %}
    select holds_from, holds_to, model.distribution as said
    from
        (
            select holds_from, holds_to, {{ fields_of("model", {"distribution": shape}) }} as model
            from {{ ref("int_coverage_model") }}
        ) as models
{% endmacro %}

{# The shapes of the section's lists, for `distribution_settings`. #}
{% macro distribution_bands() %}
    {{
        return(
            [
                {
                    "accounts_from": "INTEGER",
                    "accounts_to": "INTEGER",
                    "arr_from": "DOUBLE",
                    "arr_to": "DOUBLE",
                    "touch": ["VARCHAR"],
                    "max_accounts": "INTEGER",
                    "min_automated_standards": "INTEGER",
                    "max_contacts_per_quarter": "INTEGER",
                    "needs_simple_product": "BOOLEAN",
                    "min_automated_share": "DOUBLE",
                }
            ]
        )
    }}
{% endmacro %}
{% macro account_models() %}
    {{
        return(
            [
                {
                    "account": "VARCHAR",
                    "model": "VARCHAR",
                    "reason": "VARCHAR",
                    "by": "VARCHAR",
                    "valid_from": "DATE",
                    "valid_to": "DATE",
                }
            ]
        )
    }}
{% endmacro %}

{# How columns name the models. #}
{% macro model_slugs() %}
    {{
        return(
            {
                "1:1": "1to1",
                "1:many": "1tomany",
                "many:1": "manyto1",
                "many:many": "manytomany",
            }
        )
    }}
{% endmacro %}

{# The text of a band of accounts a CSM: 1:many[10,25). #}
{% macro band_text(accounts_from, accounts_to) -%}
    concat(
        '1:many[',
        {{ accounts_from }},
        ',',
        coalesce(cast({{ accounts_to }} as varchar), 'inf'),
        ')'
    )
{%- endmacro %}

{# The edges of a band from its text; NULL for any other model, and for an open upper edge. #}
{% macro band_accounts_from(model) -%}
    case
        when {{ model }} like '1:many[%'
        then cast(split_part(split_part({{ model }}, '[', 2), ',', 1) as integer)
    end
{%- endmacro %}
{% macro band_accounts_to(model) -%}
    case
        when {{ model }} like '1:many[%' and {{ model }} not like '%,inf)'
        then cast(split_part(split_part({{ model }}, ',', 2), ')', 1) as integer)
    end
{%- endmacro %}

{# Which model a team is: of `contributors` CSMs the one with most accounts holds `most_held`;
   `is_alone` where one CSM does nearly all and has no other account, `is_scattered` where nobody
   does most. #}
{% macro model_of_team(contributors, most_held, is_alone, is_scattered) -%}
    case
        when lead_pool is not null
        then 'many:many'
        when {{ contributors }} >= 2 and {{ most_held }} <= 2
        then 'many:1'
        when {{ is_alone }}
        then '1:1'
        when {{ is_scattered }}
        then 'many:many'
        when lead_id is not null
        then '1:many'
        when {{ contributors }} >= 2
        then 'many:many'
    end
{%- endmacro %}

{# What an account's own column says that a criterion asks for; NULL where it does not, or as another
   type. `said` is the section `distribution`. #}
{% macro account_attribute(name, data_type) -%}
    try_cast(
        {{
            json_text(
                "accounts.attributes", map_value("settings.said.attributes", "'" ~ name ~ "'")
            )
        }} as {{ data_type }}
    )
{%- endmacro %}

{# Of several conditions: true where any known one is, false where none is and any is known. #}
{% macro any_known(conditions) -%}
    case
        when
            {% for condition in conditions -%}
                coalesce({{ condition }}, false) {{ "or " if not loop.last }}
            {%- endfor %}
        then true
        when coalesce({{ conditions | join(", ") }}) is not null
        then false
    end
{%- endmacro %}

{# How many of some conditions are true (or known). #}
{% macro count_of(conditions, are="") -%}
    (
        {% for condition in conditions -%}
            case when {{ condition }} {{ are }} then 1 else 0 end {{ "+ " if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}

{# The criteria of each model but 1:many, by name: SQL that is true, false or NULL (not known). It
   reads a row `inputs` of int_model_input with `contacts_p90`, and `settings` with the section
   `distribution` as `said`. #}
{% macro model_criteria() %}
    {{
        return(
            {
                "1:1": {
                    "constant_care": has_element(
                        each_lower("settings.said.enterprise_segments"), "lower(inputs.segment)"
                    )
                    ~ " and inputs.contacts_13w >= inputs.contacts_p90 and inputs.contacts_13w > 0",
                    "solvency": "inputs.arr_rate >= settings.arr_concentration",
                    "strategy": "inputs.is_strategy_needed",
                    "upsell": any_known(
                        [
                            "inputs.expansion_pipeline / nullif(inputs.arr, 0)"
                            ~ " >= settings.said.upsell_pipeline_share",
                            "(inputs.potential_seats - inputs.licences_billable)"
                            ~ " / nullif(inputs.potential_seats, 0)"
                            ~ " >= settings.said.whitespace_share",
                        ]
                    ),
                    "time_to_value": "case when inputs.first_value_on is not null then false"
                    ~ " when not inputs.is_first_value_unknown"
                    ~ " then inputs.expected_days_to_value > settings.said.time_to_value_d end",
                    "partnership": any_known(
                        [
                            "inputs.is_partner",
                            "inputs.is_reference",
                            "inputs.is_co_marketing",
                            "inputs.is_integration_partner",
                        ]
                    ),
                    "high_touch": "inputs.touch = 'high'",
                },
                "many:1": {
                    "implementation": "inputs.open_implementations > 0",
                    "migration": "inputs.open_migrations > 0",
                    "customer_facing": "inputs.is_customer_facing",
                    "training": "coalesce(inputs.planned_training_hours"
                    ~ " >= settings.said.training_hours, inputs.open_trainings > 0)",
                    "advisory": "inputs.is_advisory",
                    "partner": "inputs.is_partner",
                },
                "many:many": {
                    "many_low_touch": "inputs.low_touch_accounts"
                    ~ " >= settings.said.low_touch_accounts",
                    "automated": "inputs.automated_rate >= settings.said.automated_share",
                    "uneven_demand": "inputs.demand_cv >= settings.said.demand_cv",
                    "small_acv": "inputs.acv < settings.small_acv",
                    "simple_product": "inputs.complexity = 'low'",
                    "content": "inputs.content_engagement_rate"
                    ~ " >= settings.said.content_engagement",
                    "low_touch_only": "inputs.close_touch_accounts = 0",
                },
            }
        )
    }}
{% endmacro %}

{# The same of a band of 1:many, a row of cfg_distribution_model; what a band does not ask is NULL. #}
{% macro band_criteria(band) %}
    {{
        return(
            {
                "acv": "inputs.acv >= "
                ~ band
                ~ ".arr_from and coalesce(inputs.acv < "
                ~ band
                ~ ".arr_to, true)",
                "touch": has_element(band ~ ".touch", "inputs.touch"),
                "few_accounts": "inputs.active_accounts < " ~ band ~ ".max_accounts",
                "automated_standards": "inputs.automated_standards >= "
                ~ band
                ~ ".min_automated_standards",
                "few_contacts": "inputs.contacts_13w <= " ~ band ~ ".max_contacts_per_quarter",
                "simple_product": "case when "
                ~ band
                ~ ".is_simple_product_needed then inputs.complexity = 'low' end",
                "automated": "inputs.automated_rate >= " ~ band ~ ".min_automated_rate",
            }
        )
    }}
{% endmacro %}
{% macro band_criteria_count(band) -%}
    (
        2
        + {{
            count_of(
                [
                    band ~ ".max_accounts is not null",
                    band ~ ".min_automated_standards is not null",
                    band ~ ".max_contacts_per_quarter is not null",
                    band ~ ".is_simple_product_needed",
                    band ~ ".min_automated_rate is not null",
                ]
            )
        }}
    )
{%- endmacro %}

{# How close a model is: the fewer accounts a CSM has, the smaller the number. #}
{% macro closeness(model) -%}
    case
        when {{ model }} = 'many:1'
        then -1
        when {{ model }} = '1:1'
        then 0
        when {{ model }} = 'many:many'
        then 1000000
        else {{ band_accounts_from(model) }}
    end
{%- endmacro %}
