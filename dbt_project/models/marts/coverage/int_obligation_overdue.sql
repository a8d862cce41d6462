-- Days on which an account is behind on a required standard: from the day after an obligation
-- closed unfulfilled until the family is fulfilled again, the account leaves the tier, or nothing
-- can settle it any more.
{{ config(schema="core") }}
{% set days_of_late_search = 90 %}
with
    context as (select as_of from {{ source("meta", "context") }}),

    obligations as (
        select
            obligation_id,
            account_id,
            tier_id,
            family,
            schedule_type,
            closes_on,
            timeliness,
            is_required,
            case
                when timeliness = 'late' or (timeliness = 'on_time' and schedule_type <> 'state')
                then fulfilled_on
                when timeliness = 'on_time'
                then closes_on
            end as fulfilled_on
        from {{ ref("fct_obligation") }}
        where disposition = 'counted'
    ),

    memberships as (
        select account_id, assigned_tier_id as tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    missed as (
        select
            *,
            coalesce(
                schedule_type in ('anchored', 'lead_to_event', 'response'), false
            ) as is_settled_alone
        from obligations
        where is_required and timeliness in ('missed', 'late')
    ),

    -- Where one of these is settled by the next that is fulfilled.
    settled_by_next as (select distinct account_id, family from missed where not is_settled_alone),

    -- What comes first on a day does not follow what comes second: only later days do.
    moments as (
        select
            obligations.account_id,
            obligations.family,
            obligations.fulfilled_on as day,
            0 as place,
            obligations.fulfilled_on,
            null as obligation_id
        from obligations
        inner join
            settled_by_next
            on obligations.account_id = settled_by_next.account_id
            and obligations.family = settled_by_next.family
        where obligations.fulfilled_on is not null
        union all
        select account_id, family, closes_on as day, 1 as place, null as fulfilled_on, obligation_id
        from missed
        where not is_settled_alone
    ),

    followed as (
        select
            obligation_id,
            min(fulfilled_on) over (
                partition by account_id, family
                order by day, place
                rows between 1 following and unbounded following
            ) as fulfilled_again_on
        from moments
    ),

    behind as (
        select
            missed.*,
            {{ add_days("missed.closes_on", 1) }} as overdue_from,
            case
                when missed.is_settled_alone
                then
                    least(
                        coalesce(
                            missed.fulfilled_on,
                            {{ add_days("missed.closes_on", days_of_late_search + 1) }}
                        ),
                        {{ add_days("missed.closes_on", days_of_late_search + 1) }}
                    )
                else followed.fulfilled_again_on
            end as overdue_to
        from missed
        left join followed on missed.obligation_id = followed.obligation_id
    ),

    final as (
        select
            behind.obligation_id,
            behind.account_id,
            behind.tier_id,
            behind.family,
            behind.schedule_type,
            behind.closes_on,
            greatest(behind.overdue_from, memberships.valid_from) as overdue_from,
            case
                when behind.overdue_to is null or memberships.valid_to < behind.overdue_to
                then memberships.valid_to
                else behind.overdue_to
            end as overdue_to
        from behind
        cross join context
        inner join
            memberships
            on behind.account_id = memberships.account_id
            and behind.tier_id = memberships.tier_id
            and coalesce(behind.overdue_to > memberships.valid_from, true)
            and coalesce(memberships.valid_to > behind.overdue_from, true)
        where
            behind.overdue_from <= context.as_of
            and coalesce(behind.overdue_to > behind.overdue_from, true)
    )

select *
from final
