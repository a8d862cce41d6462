-- The rules that say what activities were for, by coverage model, in the order in which they are
-- tried. A condition that a rule does not write is NULL.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select
            holds_from,
            holds_to,
            effective_from,
            {{
                fields_of(
                    "model",
                    {
                        "activity_rules": [
                            {
                                "position": "INTEGER",
                                "type": "VARCHAR",
                                "match": {
                                    "source": ["VARCHAR"],
                                    "kind": ["VARCHAR"],
                                    "subject": "VARCHAR",
                                    "channel": ["VARCHAR"],
                                    "direction": ["VARCHAR"],
                                    "has_customer": "BOOLEAN",
                                    "min_customer_attendees": "INTEGER",
                                },
                            }
                        ]
                    },
                )
            }} as model
        from {{ ref("int_coverage_model") }}
    ),

    rules as (
        select
            holds_from,
            holds_to,
            effective_from,
            {{ rows_of("models.model.activity_rules") }} as rule
        from models
    ),

    final as (
        select
            rules.holds_from,
            rules.holds_to,
            rules.effective_from,
            rules.rule.position as rule_number,
            rules.rule.type as activity_type,
            rules.rule.match.source as sources,
            {{ each_lower("rules.rule.match.kind") }} as kinds,
            rules.rule.match.subject as subject_pattern,
            rules.rule.match.channel as channels,
            rules.rule.match.direction as directions,
            rules.rule.match.has_customer,
            rules.rule.match.min_customer_attendees,
            context.as_of as as_of_date,
            context.config_version
        from rules
        cross join context
    )

select *
from final
order by holds_from, rule_number
