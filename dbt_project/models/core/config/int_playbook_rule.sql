-- The rules that watch accounts, as each coverage model writes them. A rule keeps its version for
-- as long as models that follow each other write it the same.
{{ config(schema="core") }}
with
    models as (
        select
            holds_from,
            holds_to,
            effective_from,
            model_number,
            {{ fields_of("model", {"playbooks": ["JSON"], "playbook_cooldown_d": "INTEGER"}) }}
            as model
        from {{ ref("int_coverage_model") }}
    ),

    rules as (
        select
            holds_from,
            holds_to,
            effective_from,
            model_number,
            models.model.playbook_cooldown_d as cooldown_d,
            {{ rows_of("models.model.playbooks") }} as rule
        from models
    ),

    read_rules as (
        select
            *,
            cast(rule as varchar) as written,
            {{
                fields_of(
                    "rule",
                    {
                        "id": "VARCHAR",
                        "when": "VARCHAR",
                        "severity": "VARCHAR",
                        "playbook": "VARCHAR",
                        "functions": ["VARCHAR"],
                    },
                )
            }} as said
        from rules
    ),

    compared as (
        select
            *,
            lag(written) over same_rule as written_before,
            lag(model_number) over same_rule as model_number_before
        from read_rules
        window same_rule as (partition by read_rules.said.id order by model_number)
    ),

    final as (
        select
            holds_from,
            holds_to,
            effective_from,
            compared.said.id as rule_id,
            cast(
                max(
                    case
                        when written = written_before and model_number = model_number_before + 1
                        then null
                        else effective_from
                    end
                ) over (
                    partition by compared.said.id
                    order by model_number
                    rows between unbounded preceding and current row
                ) as varchar
            ) as rule_version,
            compared.said."when" as predicate,
            compared.said.severity,
            coalesce(compared.said.playbook, compared.said.id) as playbook_id,
            compared.said.functions,
            cooldown_d
        from compared
    )

select *
from final
order by rule_id, holds_from
