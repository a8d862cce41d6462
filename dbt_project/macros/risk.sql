{# What the models of marts/risk share. #}
{# The catalogue as rows: the CTE `risks`, with each risk's place and its threshold on as_of. Needs
   `present`. #}
{% macro risk_rows() %}
    risks as (
        {% for risk in model_risks() %}
            select
                '{{ risk.id }}' as risk_id,
                {{ loop.index }} as risk_number,
                '{{ risk.model }}' as distribution_model,
                '{{ risk.subject }}' as subject_type,
                '{{ risk.unit }}' as unit,
                '{{ risk.severity }}' as severity,
                '{{ risk.reason }}' as reason,
                '{{ dbt.escape_single_quotes(risk.title) }}' as title,
                '{{ dbt.escape_single_quotes(risk.meaning) }}' as meaning,
                cast({{ risk.threshold }} as double) as threshold
            from present
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )
{% endmacro %}

{# The CTE `present`: one row with as_of, the Monday after the last whole week, the month of as_of, the
   first week with tracked time, and the thresholds in force. #}
{% macro risk_settings() %}
    present as (
        select
            context.as_of,
            context.config_version,
            {{ week_of(add_days("context.as_of", 1)) }} as monday,
            cast(date_trunc('month', context.as_of) as date) as month_start,
            tracking.first_week,
            settings.* exclude (holds_from, holds_to, effective_from, as_of_date, config_version),
            capacity.net_hours_per_fte,
            capacity.over_util,
            capacity.under_util
        from {{ source("meta", "context") }} as context
        inner join
            {{ ref("cfg_model_risk") }} as settings
            on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
        inner join
            {{ ref("cfg_capacity") }} as capacity
            on {{ holds_on("capacity", "holds_from", "holds_to", "context.as_of") }}
        cross join
            (
                select min(week_start) as first_week
                from {{ ref("fct_activity_time") }}
                where minutes > 0
            ) as tracking
    )
{% endmacro %}

{# True where time was tracked in all of the last whole weeks, so many of them. #}
{% macro is_tracked(weeks) -%}
    coalesce(present.first_week <= {{ add_days("present.monday", -7 * weeks) }}, false)
{%- endmacro %}

{# Days of the last 13 weeks up to as_of. #}
{% macro is_recent(day) -%}
    {{ day }} > {{ add_days("present.as_of", -91) }} and {{ day }} <= present.as_of
{%- endmacro %}

{# Hours of the rows of a group that a condition holds for. #}
{% macro hours_where(condition) -%}
    coalesce({{ exact_sum("case when " ~ condition ~ " then minutes end") }}, 0) / 60
{%- endmacro %}

{# What an account's row of a whole month before this one says, so many months back. #}
{% macro months_back(column, months, condition="true") -%}
    max(
        case
            when
                months.month_start = {{ months_later("present.month_start", -months) }}
                and {{ condition }}
            then months.{{ column }}
        end
    )
{%- endmacro %}

{# From `judged` (risk_id, subject_type, subject_id, value, is_raised, evidence) and `risks` to `final`:
   the columns that all risks share. Without a value a risk is not raised: it cannot be told. #}
{% macro judged_subjects() %}
    final as (
        select
            risks.risk_number,
            judged.risk_id,
            risks.distribution_model,
            judged.subject_type,
            judged.subject_id,
            judged.value is not null as is_evaluable,
            case when judged.value is null then risks.reason end as not_evaluable_reason,
            case
                when judged.value is not null then coalesce(judged.is_raised, false)
            end as is_raised,
            judged.value,
            risks.threshold,
            risks.unit,
            risks.severity,
            case when judged.value is not null then judged.evidence end as evidence
        from judged
        inner join risks on judged.risk_id = risks.risk_id
    )
{% endmacro %}

{# True of the Mondays of the last whole weeks, so many of them. #}
{% macro is_last_weeks(week_start, weeks) -%}
    {{ week_start }} >= {{ add_days("present.monday", "-7 * " ~ weeks) }}
{%- endmacro %}

{# First day of the last whole month before as_of's. #}
{% macro last_whole_month() -%} {{ months_later("present.month_start", -1) }} {%- endmacro %}

{# What accounts may be split by without a column of one's own, by name. #}
{% macro split_dimensions() %}
    {{
        return(
            {
                "tier": "tier_id",
                "segment": "segment",
                "industry": "industry",
                "country": "country",
                "complexity": "complexity",
                "currency": "currency",
                "time_zone": "time_zone",
                "acquisition_channel": "acquisition_channel",
                "lifecycle_stage": "lifecycle_stage",
                "owner": "owner_id",
            }
        )
    }}
{% endmacro %}

{# What counts in the match of a CSM with an account; the model weighs each. #}
{% macro match_parts() %}
    {{ return(["industry", "segment", "experience", "time_zone", "coverage", "room"]) }}
{% endmacro %}
