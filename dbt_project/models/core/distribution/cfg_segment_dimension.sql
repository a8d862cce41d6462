-- The columns that accounts are told apart by: any table by account can be summed by them.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as ({{ distribution_settings({"segment_dimensions": ["VARCHAR"]}) }}),

    dimensions as (
        select
            holds_from,
            holds_to,
            {{ rows_of("said.segment_dimensions") }} as dimension,
            {{ rows_of(numbers_between(1, list_length("said.segment_dimensions"))) }} as position
        from settings
    ),

    final as (
        select
            dimensions.holds_from,
            dimensions.holds_to,
            dimensions.dimension,
            cast(dimensions.position as integer) as position,
            dimensions.dimension like 'attributes.%' as is_attribute,
            case
                when dimensions.dimension like 'attributes.%'
                then substring(dimensions.dimension, 12)
                when dimensions.dimension = 'tier'
                then 'tier_id'
                else dimensions.dimension
            end as column_name,
            context.as_of as as_of_date,
            context.config_version
        from dimensions
        cross join context
    )

select *
from final
order by holds_from, position
