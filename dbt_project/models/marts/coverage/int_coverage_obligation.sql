-- Obligations that count and have matured, in the month and in the quarter in which they closed,
-- each as the questions that coverage asks of it.
{{ config(schema="core") }}
with
    periods as (
        select cells.tier_id, cells.period_type, cells.period_start, periods.unresponsive_counts_as
        from {{ ref("int_coverage_cell") }} as cells
        inner join
            {{ ref("int_coverage_period") }} as periods
            on cells.period_type = periods.period_type
            and cells.period_start = periods.period_start
        where cells.is_measurable
    ),

    standards as (
        select tier_id, family, standard_version, max_by(owner, holds_from) as owner
        from {{ ref("cfg_standard") }}
        group by tier_id, family, standard_version
    ),

    matured as (
        select *
        from {{ ref("fct_obligation") }}
        where disposition = 'counted' and not is_provisional
    ),

    loads as (select obligation_id, is_over_capacity from {{ ref("int_obligation_load") }}),

    in_periods as ({{ in_periods("matured", "closes_on") }}),

    judged as (
        select
            in_periods.obligation_id,
            in_periods.account_id,
            in_periods.tier_id,
            in_periods.family,
            in_periods.standard_version,
            in_periods.period_type,
            in_periods.period_start,
            in_periods.closes_on,
            in_periods.timeliness,
            in_periods.quality,
            in_periods.failed_conditions,
            in_periods.is_required,
            in_periods.is_customer_unresponsive,
            in_periods.owner_user_id is not null
            or in_periods.owner_pool is not null
            or coalesce(in_periods.delivery_mode = 'digital', false)
            or coalesce(standards.owner = 'pool', false) as has_owner,
            coalesce(loads.is_over_capacity, false) as is_over_capacity,
            in_periods.timeliness in ('on_time', 'late') as is_delivered,
            in_periods.timeliness = 'on_time' as is_on_time,
            in_periods.timeliness = 'on_time'
            and coalesce(in_periods.quality = 'to_standard', false) as is_good,
            in_periods.timeliness = 'on_time'
            and coalesce(
                in_periods.quality in ('to_standard', 'unverifiable'), false
            ) as is_good_upper,
            periods.unresponsive_counts_as <> 'excluded'
            or not in_periods.is_customer_unresponsive as is_in_headline,
            in_periods.weight
        from in_periods
        inner join
            periods
            on in_periods.tier_id = periods.tier_id
            and in_periods.period_type = periods.period_type
            and in_periods.period_start = periods.period_start
        left join
            standards
            on in_periods.tier_id = standards.tier_id
            and in_periods.family = standards.family
            and in_periods.standard_version = standards.standard_version
        left join loads on in_periods.obligation_id = loads.obligation_id
    ),

    final as (select *, is_required and is_in_headline and not is_good as is_failing from judged)

select *
from final
