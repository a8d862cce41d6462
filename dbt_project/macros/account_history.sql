{# What of an account is kept as history. Dated facts (start, churn) carry their own date and are left
   out: a correction of them is no change of the account. A tier set by hand is kept, although it is
   dated: the next one takes its place. #}
{% macro account_history_columns() %}
    {{
        return(
            [
                "name",
                "domain",
                "parent_account_id",
                "currency",
                "industry",
                "country",
                "time_zone",
                "business_calendar",
                "employees",
                "segment",
                "complexity",
                "lifecycle_stage",
                "acquisition_channel",
                "owner_email",
                "pool",
                "tier_override",
                "tier_override_reason",
                "tier_override_by",
                "tier_override_from",
                "tier_override_to",
                "is_reference",
                "is_partner",
            ]
        )
    }}
{% endmacro %}

{# What of an account's versions must be merged to tell its history. #}
{% macro account_picture_columns() %}
    {{ return(account_history_columns() + ["started_on", "arr"]) }}
{% endmacro %}
