-- The conditions of standards and playbooks, read apart: a condition is true where all terms of any
-- of its alternatives are.
{{ config(schema="core") }}
with
    predicates as (
        select when_predicate as predicate
        from {{ ref("int_obligation_standard") }}
        where when_predicate is not null
        union
        select predicate
        from {{ ref("int_playbook_rule") }}
    ),

    alternatives as (
        select predicate, {{ rows_of("split(predicate, ' or ')") }} as alternative from predicates
    ),

    terms as (
        select
            predicate,
            trim(alternative) as alternative,
            trim({{ rows_of("split(alternative, ' and ')") }}) as term
        from alternatives
    ),

    final as (
        select distinct
            predicate,
            alternative,
            term,
            regexp_extract(term, '^([a-z_0-9]+)', 1) as signal,
            -- Empty for a flag.
            regexp_extract(term, '^[a-z_0-9]+ (is not null|is null|in|[<>=!]+)', 1) as operator,
            regexp_extract(term, '[<>=!]+ ([^ ]+)', 1) as value,
            split(regexp_extract(term, '[(](.*)[)]', 1), ', ') as accepted_values,
            coalesce(
                cast(nullif(regexp_extract(term, ' for ([0-9]+) day', 1), '') as integer), 1
            ) as for_days
        from terms
    )

select *
from final
order by predicate, alternative, term
