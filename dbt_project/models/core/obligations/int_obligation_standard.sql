-- One row a standard, whichever models repeat it.
{{ config(schema="core") }}
with
    spans as (
        select *, row_number() over (partition by standard_number order by holds_from) as place
        from {{ ref("int_standard_span") }}
    ),

    final as (
        select
            standard_number,
            {% for column in standard_content() -%} {{ column }}, {% endfor -%}
            accepted_types,
            coalesce({{ list_length("quality") }}, 0) > 0 as has_conditions,
            coalesce({{ list_length(json_keys_of("segment_filter")) }}, 0) > 0 as has_segment
        from spans
        where place = 1
    )

select *
from final
order by standard_number
