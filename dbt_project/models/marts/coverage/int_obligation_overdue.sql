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

    -- What comes first on a day does not follow what comes second: only later days do.
    moments as (
        select
            account_id, family, fulfilled_on as day, 0 as place, fulfilled_on, null as obligation_id
        from obligations
        where fulfilled_on is not null
        union all
        select account_id, family, closes_on as day, 1 as place, null as fulfilled_on, obligation_id
        from obligations
        where timeliness in ('missed', 'late')
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
            obligations.*,
            {{ add_days("obligations.closes_on", 1) }} as overdue_from,
            case
                when obligations.schedule_type in ('anchored', 'lead_to_event', 'response')
                then
                    least(
                        coalesce(
                            obligations.fulfilled_on,
                            {{ add_days("obligations.closes_on", days_of_late_search + 1) }}
                        ),
                        {{ add_days("obligations.closes_on", days_of_late_search + 1) }}
                    )
                else followed.fulfilled_again_on
            end as overdue_to
        from obligations
        inner join followed on obligations.obligation_id = followed.obligation_id
        where obligations.is_required
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
