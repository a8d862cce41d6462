{# Which kinds of source give which entity: a kind that is named here has a staging model
   stg_<kind>__<entity>. Static, so that dbt sees all references when it parses. #}
{% macro entity_kinds() %}
    {{
        return(
            {
                "accounts": ["files", "salesforce", "hubspot", "custify", "gainsight", "zendesk"],
                "account_claims": ["salesforce", "hubspot", "custify", "gainsight", "zendesk"],
                "left_out": ["salesforce", "hubspot", "custify", "zendesk"],
                "account_links": ["files"],
                "contacts": ["files", "salesforce", "hubspot", "custify", "gainsight", "zendesk"],
                "users": ["files", "salesforce", "hubspot", "custify", "gainsight", "zendesk"],
                "user_absences": ["files"],
                "assignments": ["files", "salesforce"],
                "contracts": ["files", "salesforce", "hubspot"],
                "activities": [
                    "files",
                    "salesforce",
                    "hubspot",
                    "custify",
                    "gainsight",
                    "google_calendar",
                ],
                "tickets": ["files", "salesforce", "hubspot", "zendesk"],
                "surveys": ["files", "hubspot", "zendesk"],
                "usage": ["files", "custify"],
                "success_plans": ["files"],
                "assessments": ["files", "custify"],
                "time_entries": ["files"],
                "exceptions": ["files"],
                "mentions": ["files"],
                "projects": ["files"],
            }
        )
    }}
{% endmacro %}

{# Kinds of source that are calendars: what stands there took place, but nobody documented it. #}
{% macro calendar_kinds() -%} ('google_calendar') {%- endmacro %}

{# The canonical entities; claims about identity, and what is left out of them, are none. #}
{% macro staged_entities() %}
    {{ return(entity_kinds() | reject("in", ["account_claims", "left_out"]) | list) }}
{% endmacro %}

{# True for a kind whose staging models are built: see dbt_project.yml. #}
{% macro is_connected(kind) %}
    {{ return(kind == "files" or kind in env_var("CS_COVERAGE_KINDS", kind)) }}
{% endmacro %}

{# The staging models that give an entity, one a kind; `suffix` for its versions. #}
{% macro staging_models(entity, suffix="") %}
    {% set models = [] %}
    {% for kind in entity_kinds()[entity] if is_connected(kind) %}
        {% do models.append(ref("stg_" ~ kind ~ "__" ~ entity ~ suffix)) %}
    {% endfor %}
    {{ return(models) }}
{% endmacro %}

{# The body of staged_<entity>: the records of all kinds of source under each other. #}
{% macro staged(entity, suffix="", also=[]) %}
    {%- set names = ["source_name"] -%}
    {%- for column in entity_columns(entity) -%}
        {%- do names.append('"' ~ column.name ~ '"') -%}
    {%- endfor -%}
    {%- set names = (
        names
        + also
        + [
            "attributes",
            "record_key",
            "invalid_fields",
            "missing_fields",
            "quarantine_reason",
        ]
    ) -%}
    {%- for relation in staging_models(entity, suffix) -%}
        select {{ names | join(", ") }} from {{ relation }} {{ "union all" if not loop.last }}
    {% endfor -%}
{% endmacro %}
