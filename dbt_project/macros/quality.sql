{# One check of content: how many of a relation's rows fail, by source. In the message {failed} and
   {total} stand for the numbers. `key` is SQL for the text that tells a person which row it is. #}
{% macro quality_check(check_id, entity, severity, relation, failing, key, message) %}
    select
        '{{ check_id }}' as check_id,
        source_name,
        '{{ entity }}' as entity,
        '{{ severity }}' as severity,
        count(*) filter (where {{ failing }}) as rows_failed,
        count(*) as rows_total,
        {{ smallest(key, 5, failing) }} as sample,
        {{ dbt.string_literal(dbt.escape_single_quotes(message)) }} as message
    from {{ relation }}
    group by source_name
{% endmacro %}

{# The key of a canonical row as a text. #}
{% macro key_text(entity, relation=none) -%}
    {%- set prefix = relation ~ "." if relation else "" -%}
    concat_ws(
        ' | '
        {%- for name in entity_key(entity) %}
            , cast({{ prefix }}"{{ name }}" as varchar)
        {%- endfor %}
    )
{%- endmacro %}

{# Canonical entities that belong to an account. #}
{% macro entities_of_accounts() %}
    {{
        return(
            [
                "account_links",
                "activities",
                "assessments",
                "assignments",
                "contacts",
                "contracts",
                "exceptions",
                "mentions",
                "projects",
                "success_plans",
                "surveys",
                "tickets",
                "time_entries",
                "usage",
            ]
        )
    }}
{% endmacro %}

{# Canonical entities that name a colleague by email, and the column that does. #}
{% macro entities_of_users() %}
    {% set columns = {
        "accounts": "owner_email",
        "assignments": "user_email",
        "time_entries": "user_email",
        "user_absences": "user_email",
    } %}
    {{ return(columns) }}
{% endmacro %}
