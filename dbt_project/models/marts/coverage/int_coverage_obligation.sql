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

    loads as (select obligation_id from {{ ref("int_obligation_load") }} where is_over_capacity),

    -- What holds in every period is asked once, before there is a row for each.
    matured as (
        select
            obligations.obligation_id,
            obligations.account_id,
            obligations.tier_id,
            obligations.family,
            obligations.standard_version,
            obligations.closes_on,
            obligations.timeliness,
            obligations.quality,
            obligations.failed_conditions,
            obligations.is_required,
            obligations.is_customer_unresponsive,
            obligations.owner_user_id is not null
            or obligations.owner_pool is not null
            or coalesce(obligations.delivery_mode = 'digital', false)
            or coalesce(standards.owner = 'pool', false) as has_owner,
            loads.obligation_id is not null as is_over_capacity,
            obligations.timeliness in ('on_time', 'late') as is_delivered,
            obligations.timeliness = 'on_time' as is_on_time,
            obligations.timeliness = 'on_time'
            and coalesce(obligations.quality = 'to_standard', false) as is_good,
            obligations.timeliness = 'on_time'
            and coalesce(
                obligations.quality in ('to_standard', 'unverifiable'), false
            ) as is_good_upper,
            obligations.weight
        from {{ ref("fct_obligation") }} as obligations
        left join
            standards
            on obligations.tier_id = standards.tier_id
            and obligations.family = standards.family
            and obligations.standard_version = standards.standard_version
        left join loads on obligations.obligation_id = loads.obligation_id
        where obligations.disposition = 'counted' and not obligations.is_provisional
    ),

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
            in_periods.has_owner,
            in_periods.is_over_capacity,
            in_periods.is_delivered,
            in_periods.is_on_time,
            in_periods.is_good,
            in_periods.is_good_upper,
            periods.unresponsive_counts_as <> 'excluded'
            or not in_periods.is_customer_unresponsive as is_in_headline,
            in_periods.weight
        from in_periods
        inner join
            periods
            on in_periods.tier_id = periods.tier_id
            and in_periods.period_type = periods.period_type
            and in_periods.period_start = periods.period_start
    ),

    final as (select *, is_required and is_in_headline and not is_good as is_failing from judged)

select *
from final
