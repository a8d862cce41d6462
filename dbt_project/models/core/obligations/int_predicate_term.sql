-- The conditions of conditional standards, read apart: a condition is true where all terms of any
-- of its alternatives are.
{{ config(schema="core") }}
with
    standards as (
        select standard_number, when_predicate
        from {{ ref("int_obligation_standard") }}
        where when_predicate is not null
    ),

    alternatives as (
        select standard_number, {{ rows_of("split(when_predicate, ' or ')") }} as alternative
        from standards
    ),

    terms as (
        select
            standard_number,
            trim(alternative) as alternative,
            trim({{ rows_of("split(alternative, ' and ')") }}) as term
        from alternatives
    ),

    final as (
        select distinct
            standard_number,
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
order by standard_number, alternative, term
