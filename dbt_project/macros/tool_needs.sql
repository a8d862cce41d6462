{# What each distribution model asks of tools, and what must stand before it works. #}
{# Types of tool by model, with what they must be able to do. From practitioners' lists: a team for
   one account needs the most, a pool must be reachable by chat. #}
{% macro tool_needs() %}
    {% set notes = tool_need("ai_notes") %}
    {% set survey = tool_need("survey", ["social_listening"]) %}
    {% set video = tool_need("video", recording_min=60) %}
    {{
        return(
            {
                "1:1": [
                    tool_need("csp"),
                    notes,
                    tool_need("support"),
                    video,
                    survey,
                    tool_need("crm"),
                    tool_need("email", ["csp_integrated"]),
                ],
                "1:many": [
                    tool_need("csp", ["collaboration"]),
                    notes,
                    tool_need("support"),
                    survey,
                    tool_need("crm"),
                    tool_need("email"),
                ],
                "many:1": [
                    tool_need("csp", ["calculated_metrics", "collaboration"]),
                    notes,
                    tool_need("support", ["omnichannel"]),
                    video,
                    survey,
                    tool_need("crm", ["csp_integrated"]),
                    tool_need("email", ["crm_integrated", "csp_integrated"]),
                ],
                "many:many": [
                    tool_need("csp", ["collaboration"]),
                    notes,
                    tool_need("support", ["chat"]),
                    survey,
                    tool_need("crm"),
                    tool_need("email"),
                ],
            }
        )
    }}
{% endmacro %}

{% macro tool_need(type, can=[], recording_min=none) %}
    {{ return({"type": type, "can": can, "recording_min": recording_min}) }}
{% endmacro %}

{# What must stand besides tools, and for which models; `wanted` is a column of `present`. #}
{% macro readiness_items() %}
    {% set all_models = ["1:1", "1:many", "many:1", "many:many"] %}
    {{
        return(
            [
                {
                    "item": "integrations",
                    "models": all_models,
                    "wanted": "1",
                    "title": "Customers, contracts, activities, tickets and usage come in by themselves",
                },
                {
                    "item": "health_scores",
                    "models": all_models,
                    "wanted": "present.live_share",
                    "title": "Accounts have a health score",
                },
                {
                    "item": "reports",
                    "models": all_models,
                    "wanted": "1",
                    "title": "Coverage is measured in every tier",
                },
                {
                    "item": "automation_flows",
                    "models": ["1:1", "1:many", "many:many"],
                    "wanted": "present.live_share",
                    "title": "Playbook rules have the signals they look at",
                },
                {
                    "item": "single_view",
                    "models": ["1:1", "many:1"],
                    "wanted": "present.live_share",
                    "title": "What there is to know of an account is in one place",
                },
                {
                    "item": "leads",
                    "models": ["1:1", "1:many", "many:1"],
                    "wanted": "1",
                    "title": "Every account has a lead or a pool",
                },
                {
                    "item": "functions",
                    "models": ["many:1"],
                    "wanted": "1",
                    "title": "Everyone has a function",
                },
                {
                    "item": "digital_standards",
                    "models": ["1:many", "many:many"],
                    "wanted": "1",
                    "title": "Low-touch tiers have standards that software can keep",
                },
                {
                    "item": "broadcasts",
                    "models": ["many:many"],
                    "wanted": "1",
                    "title": "Low-touch tiers are told what is new",
                },
                {
                    "item": "linked_accounts",
                    "models": ["many:many"],
                    "wanted": "present.linked_share",
                    "title": "CRM, CSP and support know the same accounts",
                },
            ]
        )
    }}
{% endmacro %}
