{# Types that say how people met, not what for. #}
{% macro plain_activity_types() -%}
    'note', 'task', 'email', 'call', 'meeting', 'other'
{%- endmacro %}

{# Types of activity in which nobody speaks with anybody; without a channel, all others count as a
   meeting. #}
{% macro unspoken_activity_types() -%}
    'email',
    'note',
    'task',
    'other',
    'support',
    'broadcast',
    'onboarding_sequence',
    'usage_recap',
    'survey_sent',
    'renewal_notice',
    'internal_prep',
    'internal_team',
    'reporting',
    'data_entry',
    'renewal_tracking',
    'health_assessment',
    'health_update',
    'risk_update',
    'first_value',
    'onboarding_complete'
{%- endmacro %}

{# Columns of which a merged activity takes the richest record's value. #}
{% macro merged_activity_columns() %}
    {{
        return(
            [
                "account_id",
                "source_type",
                "channel",
                "direction",
                "subject",
                "ended_at",
                "minutes",
                "notes_at",
                "follow_up_at",
                "is_automated",
                "logged_at",
                "ticket_id",
                "playbook_id",
                "calendar_uid",
                "work_type",
            ]
        )
    }}
{% endmacro %}

{# The value of the richest record of a group that has one. #}
{% macro richest(column, condition=none) -%}
    {{ first_filled(column, "richness_rank", condition) }}
{%- endmacro %}
