-- Tiers in each period: those of the model in force on its last day, and those that accounts were
-- in. Where no source tells of activities, or nothing that the tier requires can be measured,
-- coverage of the tier is not measurable at all.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    periods as (select period_type, period_start, period_end from {{ ref("int_coverage_period") }}),

    tiers as (select tier_id, holds_from, holds_to, target_cts from {{ ref("cfg_tier") }}),

    memberships as (
        select distinct assigned_tier_id as tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
        where assigned_tier_id is not null
    ),

    standards as (
        select
            standards.tier_id,
            standards.family,
            standards.holds_from,
            standards.holds_to,
            unmeasurable.reason
        from {{ ref("cfg_standard") }} as standards
        left join
            {{ ref("int_unmeasurable_standard") }} as unmeasurable
            on standards.tier_id = unmeasurable.tier_id
            and standards.family = unmeasurable.family
            and standards.holds_from >= unmeasurable.holds_from
            and coalesce(standards.holds_from < unmeasurable.holds_to, true)
        where standards.is_required
    ),

    obligations as (select distinct tier_id, closes_on from {{ ref("fct_obligation") }}),

    cells as (
        select periods.period_type, periods.period_start, periods.period_end, tiers.tier_id
        from periods
        inner join
            tiers
            on periods.period_end >= tiers.holds_from
            and coalesce(periods.period_end < tiers.holds_to, true)
        union
        select periods.period_type, periods.period_start, periods.period_end, memberships.tier_id
        from periods
        cross join context
        inner join
            memberships
            on memberships.valid_from <= least(periods.period_end, context.as_of)
            and coalesce(memberships.valid_to > periods.period_start, true)
        union
        select periods.period_type, periods.period_start, periods.period_end, obligations.tier_id
        from periods
        inner join
            obligations on obligations.closes_on between periods.period_start and periods.period_end
    ),

    unmeasured as (
        select
            cells.tier_id,
            cells.period_type,
            cells.period_start,
            array_agg(standards.family order by standards.family) filter (
                where standards.reason is not null
            ) as unmeasured_families,
            {{
                union_of_lists(
                    "case when standards.reason is not null then [standards.reason] end"
                )
            }} as reasons,
            count(standards.reason) < count(*)
            and not bool_or(
                coalesce(standards.reason = 'no activity source', false)
            ) as is_measurable
        from cells
        inner join
            standards
            on cells.tier_id = standards.tier_id
            and cells.period_end >= standards.holds_from
            and coalesce(cells.period_end < standards.holds_to, true)
        group by cells.tier_id, cells.period_type, cells.period_start
    ),

    final as (
        select
            cells.tier_id,
            cells.period_type,
            cells.period_start,
            cells.period_end,
            tiers.target_cts,
            coalesce(unmeasured.is_measurable, true) as is_measurable,
            unmeasured.unmeasured_families,
            unmeasured.reasons
        from cells
        left join
            unmeasured
            on cells.tier_id = unmeasured.tier_id
            and cells.period_type = unmeasured.period_type
            and cells.period_start = unmeasured.period_start
        left join
            tiers
            on cells.tier_id = tiers.tier_id
            and cells.period_end >= tiers.holds_from
            and coalesce(cells.period_end < tiers.holds_to, true)
    )

select *
from final
order by tier_id, period_type, period_start
