-- The quality conditions of each standard, read apart.
{{ config(schema="core") }}
with
    standards as (
        select
            holds_from,
            holds_to,
            tier_id,
            {{
                fields_of(
                    "standard",
                    {
                        "family": "VARCHAR",
                        "quality": [
                            {
                                "position": "INTEGER",
                                "condition": "VARCHAR",
                                "name": "VARCHAR",
                                "operator": "VARCHAR",
                                "value": "INTEGER",
                                "unit": "VARCHAR",
                                "personas": ["VARCHAR"],
                            }
                        ],
                    },
                )
            }} as standard
        from {{ ref("int_standard") }}
    ),

    conditions as (
        select
            holds_from,
            holds_to,
            tier_id,
            standards.standard.family,
            {{ rows_of("standards.standard.quality") }} as condition
        from standards
    ),

    final as (
        select
            holds_from,
            holds_to,
            tier_id,
            family,
            conditions.condition.position,
            conditions.condition.condition,
            conditions.condition.name,
            nullif(conditions.condition.operator, '') as operator,
            conditions.condition.value,
            nullif(conditions.condition.unit, '') as unit,
            nullif(conditions.condition.personas, []) as personas
        from conditions
    )

select *
from final
order by holds_from, tier_id, family, "position"
