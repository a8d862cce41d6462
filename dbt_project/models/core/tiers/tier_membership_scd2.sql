-- Which tier each account is in, from when to when, and why. A tier set by hand replaces the one
-- that the rules give, which runs on underneath.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (select * from {{ ref("cfg_model") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    families as (select account_id, family_account_id from {{ ref("int_account_family") }}),

    measures as (select * from {{ ref("int_family_measure") }}),

    by_rule as (
        select
            account_id,
            turned_on,
            coalesce(turned_to, date '9999-12-31') as turned_to,
            holds_from,
            eligible_tier_id,
            tier_id,
            reason,
            highest_measure_before
        from {{ ref("int_tier_by_rule") }}
    ),

    -- A tier is set by hand only while a coverage model has it.
    overrides as (
        select overrides.*, tiers.holds_from, tiers.tier_id
        from {{ ref("int_tier_override") }} as overrides
        inner join
            {{ ref("cfg_tier") }} as tiers
            on lower(overrides.asked_for) in (lower(tiers.tier_id), lower(tiers.name))
        where overrides.override_from < overrides.override_to
    ),

    -- Days within an active span on which a tier set by hand begins or ends.
    override_days as (
        select account_id, override_from as day
        from overrides
        union
        select account_id, override_to as day
        from overrides
    ),

    days as (
        select account_id, turned_on as day
        from by_rule
        union
        select override_days.account_id, override_days.day
        from override_days
        cross join context
        where override_days.day <= context.as_of
    ),

    pieces as (
        select
            days.account_id,
            days.day,
            least(
                by_rule.turned_to,
                coalesce(
                    lead(days.day) over (partition by days.account_id order by days.day),
                    by_rule.turned_to
                )
            ) as day_to,
            by_rule.eligible_tier_id,
            by_rule.tier_id as rule_tier_id,
            coalesce(overrides.tier_id, by_rule.tier_id) as assigned_tier_id,
            case when overrides.tier_id is null then 'rule' else 'override' end as source,
            by_rule.reason,
            by_rule.holds_from,
            case
                when days.day = by_rule.turned_on then by_rule.highest_measure_before
            end as highest_measure_before,
            overrides.override_from,
            overrides.override_to,
            overrides.override_reason,
            overrides.override_by
        from days
        inner join
            by_rule
            on days.account_id = by_rule.account_id
            and days.day >= by_rule.turned_on
            and days.day < by_rule.turned_to
        left join
            overrides
            on days.account_id = overrides.account_id
            and by_rule.holds_from = overrides.holds_from
            and days.day >= overrides.override_from
            and days.day < overrides.override_to
    ),

    compared as (
        select
            *,
            lag(day_to) over same_account as day_to_before,
            lag(eligible_tier_id) over same_account as eligible_tier_before,
            lag(assigned_tier_id) over same_account as assigned_tier_before,
            lag(source) over same_account as source_before,
            lag(override_from) over same_account as override_from_before,
            max(day_to) over (partition by account_id) as last_day_to
        from pieces
        window same_account as (partition by account_id order by day)
    ),

    changes as (
        select *
        from compared
        where
            coalesce(day_to_before < day, true)
            or eligible_tier_id is distinct from eligible_tier_before
            or assigned_tier_id is distinct from assigned_tier_before
            or source <> source_before
            or override_from is distinct from override_from_before
    ),

    bounded as (
        select
            changes.*,
            -- The days to the next change, less those after the span in which this one is.
            lead(changes.day) over (partition by account_id order by day) as next_day,
            lead(changes.day_to_before) over (partition by account_id order by day) as next_day_to
        from changes
    ),

    final as (
        select
            bounded.account_id,
            bounded.day as valid_from,
            case
                when coalesce(bounded.next_day_to, bounded.last_day_to) <= context.as_of
                then coalesce(bounded.next_day_to, bounded.last_day_to)
            end as valid_to,
            bounded.eligible_tier_id,
            bounded.assigned_tier_id,
            bounded.source,
            case
                when bounded.source = 'override'
                then 'override'
                when bounded.source_before = 'override' and bounded.day_to_before = bounded.day
                then 'override_ended'
                else bounded.reason
            end as reason,
            measures.measure as measure_value,
            {{
                json_of(
                    {
                        "measure_since": "cast(measures.measured_from as varchar)",
                        "highest_measure_before": "bounded.highest_measure_before",
                        "eligible_from": "eligible.arr_from",
                        "eligible_to": "eligible.arr_to",
                        "rule_tier_id": "bounded.rule_tier_id",
                        "rule_tier_from": "by_rule.arr_from",
                        "rule_tier_to": "by_rule.arr_to",
                        "demoted_below": "by_rule.arr_from * models.demote_edge",
                        "model_effective_from": "cast(models.effective_from as varchar)",
                        "override_from": "cast(bounded.override_from as varchar)",
                        "override_reason": "bounded.override_reason",
                        "override_by": "bounded.override_by",
                    }
                )
            }} as evidence,
            bounded.override_to as override_expires_on,
            context.as_of as as_of_date,
            context.config_version
        from bounded
        cross join context
        inner join models on bounded.holds_from = models.holds_from
        inner join families on bounded.account_id = families.account_id
        inner join
            measures
            on families.family_account_id = measures.family_account_id
            and bounded.day >= measures.measured_from
            and coalesce(bounded.day < measures.measured_to, true)
        left join
            tiers as eligible
            on bounded.holds_from = eligible.holds_from
            and bounded.eligible_tier_id = eligible.tier_id
        left join
            tiers as by_rule
            on bounded.holds_from = by_rule.holds_from
            and bounded.rule_tier_id = by_rule.tier_id
    )

select *
from final
order by account_id, valid_from
