-- What records say about their own identity, over all kinds of source.
{{ config(materialized="view") }}
with
    claims as (
        {% for relation in staging_models("account_claims") -%}
            select source_name, source_account_id, claim, value
            from {{ relation }}
            union all
        {% endfor -%}
        select
            cast(null as varchar) as source_name,
            cast(null as varchar) as source_account_id,
            cast(null as varchar) as claim,
            cast(null as varchar) as value
        where false
    ),

    final as (
        select distinct source_name, source_account_id, claim, trim(value) as value
        from claims
        where source_account_id is not null and nullif(trim(value), '') is not null
    )

select *
from final
