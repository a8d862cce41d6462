-- What staging leaves out on purpose, over all kinds of source.
{{ config(materialized="view") }}
with
    final as (
        {% for relation in staging_models("left_out") -%}
            select source_name, entity, record_key, reason
            from {{ relation }}
            union all
        {% endfor -%}
        select
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            cast(null as varchar) as record_key,
            cast(null as varchar) as reason
        where false
    )

select *
from final
