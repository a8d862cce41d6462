-- Obligations of state schedules: months in which a success plan that meets the standard's
-- conditions must have been young enough on 80 % of the days. Plans hold their last state only, so
-- on days before an account's last update an older plan may have done: a month that this could
-- decide is not judged at all.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    cycles as (
        select
            *,
            row_number() over (order by account_id, family, window_open_on) as cycle_number,
            {{ days_between("window_open_on", "due_on") }} + 1 as days_owed
        from {{ ref("int_calendar_cycle") }}
        where schedule_type = 'state'
    ),

    standards as (select standard_number, max_age_d from {{ ref("int_obligation_standard") }}),

    conditions as (
        select
            spans.standard_number,
            coalesce(
                max(conditions.value) filter (where conditions.name = 'objectives'), 0
            ) as objectives_wanted,
            coalesce(bool_or(conditions.name = 'customer_validated'), false) as is_validation_wanted
        from {{ ref("int_standard_span") }} as spans
        left join
            {{ ref("cfg_quality_condition") }} as conditions
            on spans.holds_from = conditions.holds_from
            and spans.tier_id = conditions.tier_id
            and spans.family = conditions.family
        group by spans.standard_number
    ),

    carried as (
        select
            {{ is_field_carried("success_plans", "objectives") }} as has_objectives,
            {{ is_field_carried("success_plans", "is_customer_validated") }} as has_validation
    ),

    plans as (select * from {{ ref("success_plans") }}),

    last_updates as (
        select account_id, max(updated_on) as last_updated_on from plans group by account_id
    ),

    good_days as (
        select
            cycles.cycle_number,
            plans.updated_on as good_from,
            {{ add_days("plans.updated_on", "standards.max_age_d + 1") }} as good_to
        from cycles
        inner join standards on cycles.standard_number = standards.standard_number
        inner join conditions on cycles.standard_number = conditions.standard_number
        inner join
            plans
            on cycles.account_id = plans.account_id
            and plans.updated_on <= cycles.due_on
            and {{ add_days("plans.updated_on", "standards.max_age_d") }} >= cycles.window_open_on
        cross join carried
        where
            (
                not carried.has_objectives
                or coalesce({{ list_length("plans.objectives") }}, 0)
                >= conditions.objectives_wanted
            )
            and (
                not carried.has_validation
                or not conditions.is_validation_wanted
                or coalesce(plans.is_customer_validated, false)
            )
    ),

    -- Days that several plans make good count once.
    ordered as (
        select
            good_days.cycle_number,
            greatest(good_days.good_from, cycles.window_open_on) as good_from,
            least(good_days.good_to, {{ add_days("cycles.due_on", 1) }}) as good_to
        from good_days
        inner join cycles on good_days.cycle_number = cycles.cycle_number
    ),

    reached as (
        select
            *,
            greatest(
                good_from,
                coalesce(
                    max(good_to) over (
                        partition by cycle_number
                        order by good_from, good_to
                        rows between unbounded preceding and 1 preceding
                    ),
                    good_from
                )
            ) as counts_from
        from ordered
    ),

    unseen as (
        select
            cycles.cycle_number,
            least(last_updates.last_updated_on, {{ add_days("cycles.due_on", 1) }}) as seen_from
        from cycles
        inner join
            last_updates
            on cycles.account_id = last_updates.account_id
            and last_updates.last_updated_on > cycles.window_open_on
    ),

    counted as (
        select
            cycles.cycle_number,
            coalesce(
                sum(greatest({{ days_between("reached.counts_from", "reached.good_to") }}, 0)), 0
            ) as days_good,
            coalesce(
                sum(
                    greatest(
                        {{
                            days_between(
                                "reached.counts_from",
                                "least(reached.good_to, unseen.seen_from)",
                            )
                        }},
                        0
                    )
                ),
                0
            ) as days_good_unseen,
            coalesce(
                max({{ days_between("cycles.window_open_on", "unseen.seen_from") }}), 0
            ) as days_unseen
        from cycles
        left join reached on cycles.cycle_number = reached.cycle_number
        left join unseen on cycles.cycle_number = unseen.cycle_number
        group by cycles.cycle_number
    ),

    judged as (
        select
            cycles.*,
            case
                when cycles.ended_on is not null or context.as_of < cycles.due_on
                then 'open'
                when counted.days_good * 5 >= cycles.days_owed * 4
                then 'on_time'
                when
                    (counted.days_good + counted.days_unseen - counted.days_good_unseen) * 5
                    < cycles.days_owed * 4
                then 'missed'
            end as timeliness
        from cycles
        cross join context
        inner join counted on cycles.cycle_number = counted.cycle_number
    ),

    final as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            window_open_on as opened_on,
            window_open_on,
            due_on,
            due_on as closes_on,
            ended_on,
            end_reason,
            timeliness,
            case when timeliness = 'on_time' then 'to_standard' end as quality,
            case when timeliness = 'on_time' then due_on end as fulfilled_on
        from judged
        where timeliness is not null
    )

select *
from final
