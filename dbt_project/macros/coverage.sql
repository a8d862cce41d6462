{# What the coverage marts share. #}
{# Why an account is not covered: causes in the order in which they are tried, each with the SQL that
   is true of an account's failing obligations in a period (a group of rows with `is_failing`). #}
{% macro coverage_causes() %}
    {{
        return(
            [
                {"name": "no_owner", "holds": "bool_or(is_failing and not has_owner)"},
                {
                    "name": "over_capacity",
                    "holds": "bool_or(is_failing and is_over_capacity)",
                },
                {
                    "name": "late_only",
                    "holds": "bool_and(not is_failing or (timeliness = 'late' and quality = 'to_standard'))",
                },
                {
                    "name": "below_standard",
                    "holds": "bool_or(is_failing and coalesce(quality = 'below_standard', false))",
                },
                {
                    "name": "customer_unresponsive",
                    "holds": "bool_or(is_failing and is_customer_unresponsive)",
                },
                {
                    "name": "unverifiable",
                    "holds": "bool_or(is_failing and coalesce(quality = 'unverifiable', false))",
                },
                {"name": "not_attempted", "holds": "true"},
            ]
        )
    }}
{% endmacro %}

{# Why an obligation does not count. #}
{% macro exclusion_reasons() %}
    {{
        return(
            [
                "churned",
                "paused",
                "superseded",
                "tier_change",
                "waived",
                "late_notice",
                "not_eligible",
            ]
        )
    }}
{% endmacro %}

{# The numbers of a tier's coverage in a period, by name with their type: what is reported, and kept
   as it was first reported. #}
{% macro coverage_measures() %}
    {% set measures = {
        "measurability": "varchar",
        "not_measurable_reason": "varchar",
        "unmeasured_families": "varchar[]",
        "accounts_active": "bigint",
        "accounts_evaluable": "bigint",
        "evaluable_rate": "double",
        "accounts_covered": "bigint",
        "account_cts": "double",
        "account_cts_low": "double",
        "account_cts_high": "double",
        "account_cts_upper_bound": "double",
        "account_cts_lenient": "double",
        "account_cts_with_unresponsive": "double",
        "account_cts_without_unresponsive": "double",
        "is_low_n": "boolean",
        "obligations_counted": "bigint",
        "obligations_delivered": "bigint",
        "obligations_on_time": "bigint",
        "obligations_to_standard": "bigint",
        "obligations_good": "bigint",
        "obligations_unresponsive": "bigint",
        "obligations_provisional": "bigint",
        "delivered_rate": "double",
        "on_time_rate": "double",
        "to_standard_rate": "double",
        "obligation_cts": "double",
        "obligation_cts_low": "double",
        "obligation_cts_high": "double",
        "arr_evaluable": "double",
        "arr_covered": "double",
        "arr_cts": "double",
        "accounts_without_arr": "bigint",
        "obligations_excluded": "bigint",
    } %}
    {% for reason in exclusion_reasons() %}
        {% do measures.update({"excluded_" ~ reason: "bigint"}) %}
    {% endfor %}
    {% do measures.update({"waived_rate": "double", "target_cts": "double"}) %}
    {{ return(measures) }}
{% endmacro %}

{# The periods that a date falls into: rows of period_type and period_start for a relation's rows. #}
{% macro in_periods(relation, date) %}
    {% for period_type in ["month", "quarter"] %}
        select
            {{ relation }}.*,
            '{{ period_type }}' as period_type,
            cast(date_trunc('{{ period_type }}', {{ date }}) as date) as period_start
        from {{ relation }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
{% endmacro %}

{# A standard's schedule as a person would say it, from the columns of cfg_standard. #}
{% macro standard_in_words() -%}
    case
        schedule_type
        when 'rolling'
        then 'at least every ' || interval_d || ' days'
        when 'conditional'
        then 'every ' || interval_d || ' days while ' || when_predicate
        when 'fixed_calendar'
        then 'once each ' || period
        when 'anchored'
        then 'within ' || due_d || ' days of the start'
        when 'lead_to_event'
        then open_d || ' to ' || due_d || ' days before the term ends'
        when 'state'
        then 'never older than ' || max_age_d || ' days'
        when 'response'
        then
            'answered within ' || coalesce(
                cast(due_business_hours as integer) || ' business hours',
                due_business_days || ' business days'
            )
    end
{%- endmacro %}
