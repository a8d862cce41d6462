-- The days on which each account is owed each standard: those of its tier that anything would tell
-- about. What is dated after as_of has not happened: a tier that will end still goes on.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    tiers as (
        select account_id, assigned_tier_id as tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    spans as (
        select spans.*, spans.schedule_type = 'conditional' as is_conditional, standards.has_segment
        from {{ ref("int_standard_span") }} as spans
        inner join
            {{ ref("int_obligation_standard") }} as standards
            on spans.standard_number = standards.standard_number
        left join
            {{ ref("int_unmeasurable_standard") }} as unmeasurable
            on spans.standard_number = unmeasurable.standard_number
            and spans.holds_from = unmeasurable.holds_from
        where unmeasurable.standard_number is null
    ),

    by_tier as (
        select
            tiers.account_id,
            spans.standard_number,
            spans.has_segment,
            spans.is_conditional,
            spans.when_predicate,
            greatest(tiers.valid_from, spans.holds_from) as owed_from,
            least(
                coalesce(tiers.valid_to, date '9999-12-31'),
                coalesce(spans.holds_to, date '9999-12-31')
            ) as owed_to
        from tiers
        inner join spans on tiers.tier_id = spans.tier_id
    ),

    by_segment as (
        select account_id, standard_number, is_conditional, when_predicate, owed_from, owed_to
        from by_tier
        where not has_segment
        union all
        select
            by_tier.account_id,
            by_tier.standard_number,
            by_tier.is_conditional,
            by_tier.when_predicate,
            greatest(by_tier.owed_from, segments.holds_from) as owed_from,
            least(by_tier.owed_to, coalesce(segments.holds_to, date '9999-12-31')) as owed_to
        from by_tier
        inner join
            {{ ref("int_standard_segment") }} as segments
            on by_tier.account_id = segments.account_id
            and by_tier.standard_number = segments.standard_number
        where by_tier.has_segment
    ),

    by_condition as (
        select account_id, standard_number, owed_from, owed_to
        from by_segment
        where not is_conditional
        union all
        select
            by_segment.account_id,
            by_segment.standard_number,
            greatest(by_segment.owed_from, conditions.holds_from) as owed_from,
            least(by_segment.owed_to, coalesce(conditions.holds_to, date '9999-12-31')) as owed_to
        from by_segment
        inner join
            {{ ref("int_condition_span") }} as conditions
            on by_segment.account_id = conditions.account_id
            and by_segment.when_predicate = conditions.predicate
        where by_segment.is_conditional
    ),

    final as (
        select
            by_condition.account_id,
            by_condition.standard_number,
            by_condition.owed_from,
            case when by_condition.owed_to <= context.as_of then by_condition.owed_to end as owed_to
        from by_condition
        cross join context
        where
            by_condition.owed_from < by_condition.owed_to
            and by_condition.owed_from <= context.as_of
    )

select *
from final
order by account_id, standard_number, owed_from
