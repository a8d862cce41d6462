-- The standards of each coverage model, with a number for each that is the same however many models
-- repeat it.
{{ config(schema="core") }}
with
    standards as (select * from {{ ref("cfg_standard") }}),

    -- A family may also be settled by what settles others of its tier.
    accepted as (
        select holds_from, tier_id, family, accepts
        from standards
        union all
        select satisfied.holds_from, satisfied.tier_id, satisfied.family, others.accepts
        from
            (
                select
                    holds_from,
                    tier_id,
                    family,
                    {{ rows_of("satisfied_by_families") }} as other_family
                from standards
            ) as satisfied
        inner join
            standards as others
            on satisfied.holds_from = others.holds_from
            and satisfied.tier_id = others.tier_id
            and satisfied.other_family = others.family
    ),

    accepted_types as (
        select holds_from, tier_id, family, {{ union_of_lists("accepts") }} as accepted_types
        from accepted
        group by holds_from, tier_id, family
    ),

    described as (
        select
            standards.holds_from,
            standards.holds_to,
            standards.per_year,
            {% for column in standard_content() -%} standards.{{ column }}, {% endfor -%}
            accepted_types.accepted_types,
            {{
                fingerprint(
                    quoted(standard_content(), "standards") + ["accepted_types.accepted_types"]
                )
            }} as content
        from standards
        inner join
            accepted_types
            on standards.holds_from = accepted_types.holds_from
            and standards.tier_id = accepted_types.tier_id
            and standards.family = accepted_types.family
    ),

    dated as (
        select *, min(holds_from) over (partition by content) as first_holds_from from described
    ),

    final as (
        select
            cast(
                dense_rank() over (order by tier_id, family, first_holds_from, content) as integer
            ) as standard_number,
            holds_from,
            holds_to,
            per_year,
            {% for column in standard_content() -%} {{ column }}, {% endfor -%}
            accepted_types
        from dated
    )

select *
from final
order by standard_number, holds_from
