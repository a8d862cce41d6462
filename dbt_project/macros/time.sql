{# What the models of time share. #}
{# Types of work on an account in which nobody of the customer need take part: only where the record
   says so were they time with the customer. #}
{% macro types_of_work_without_customer() -%}
    (
        'note',
        'task',
        'other',
        'reporting',
        'data_entry',
        'renewal_tracking',
        'health_assessment',
        'health_update',
        'first_value',
        'onboarding_complete'
    )
{%- endmacro %}

{# Kinds of work that are time off. #}
{% macro time_off() -%}('pto', 'holiday', 'leave') {%- endmacro %}

{# The most seconds that one record, and one person's day, can hold: 16 hours. #}
{% macro longest_day_seconds() -%} 57600 {%- endmacro %}

{# Seconds of an amount of minutes, to the nearest whole one. #}
{% macro whole_seconds(minutes) -%} cast(floor({{ minutes }} * 60 + 0.5) as bigint) {%- endmacro %}

{# Rows of CSMs (user_id, week_start) and rows of tiers (tier_id, month_start), each once for every
   period of mart_time_balance that it is part of, as grain, of_whom and period_start. #}
{% macro in_balance_periods(relation, columns) %}
    select
        'csm_week' as grain,
        user_id as of_whom,
        week_start as period_start
        {%- for name in columns %}, {{ name }} {%- endfor %}
    from {{ relation }}
    where user_id is not null
    {%- for grain, unit in {"tier_month": "month", "tier_quarter": "quarter"}.items() %}
        {%- for tier in ["tier_id", "'ALL'"] %}
            union all
            select
                '{{ grain }}' as grain,
                {{ tier }} as of_whom,
                cast(date_trunc('{{ unit }}', month_start) as date) as period_start
                {%- for name in columns %}, {{ name }} {%- endfor %}
            from {{ relation }}
            where tier_id is not null
        {%- endfor %}
    {%- endfor %}
{% endmacro %}
