-- Customers who left, or have said that they will: all that one had ends on one day, and nothing
-- else of it is in force.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    accounts as (
        select account_id, started_on, churned_on, churn_notice_on, churn_reason, arr, currency
        from {{ ref("accounts") }}
    ),

    rates as (select currency, rate from {{ source("meta", "fx_rate") }}),

    terms as (select account_id, in_force_from, in_force_to from {{ ref("int_term_in_force") }}),

    tiers as (
        select account_id, assigned_tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    health as (
        select account_id, as_of_on, band from {{ ref("fct_health_daily") }} where frozen_on is null
    ),

    lost as (
        select
            account_id,
            scheduled_on as effective_on,
            min(notice_on) as notice_on,
            case when count(*) = count(atr) then {{ exact_sum("atr") }} end as arr,
            cast(count(*) as integer) as contracts
        from {{ ref("fct_renewal") }}
        where outcome in ('churned', 'winback') or (outcome = 'upcoming' and notice_on is not null)
        group by account_id, scheduled_on
    ),

    staying as (
        select distinct lost.account_id, lost.effective_on
        from lost
        inner join
            terms
            on lost.account_id = terms.account_id
            and terms.in_force_from <= lost.effective_on
            and coalesce(terms.in_force_to > lost.effective_on, true)
    ),

    events as (
        select
            lost.account_id,
            lost.effective_on,
            lost.notice_on,
            lost.arr,
            lost.contracts,
            case
                when accounts.churned_on = lost.effective_on then accounts.churn_reason
            end as reason
        from lost
        left join
            staying
            on lost.account_id = staying.account_id
            and lost.effective_on = staying.effective_on
        left join accounts on lost.account_id = accounts.account_id
        where staying.account_id is null
        union all
        select
            accounts.account_id,
            accounts.churned_on as effective_on,
            accounts.churn_notice_on as notice_on,
            accounts.arr * rates.rate as arr,
            0 as contracts,
            accounts.churn_reason as reason
        from accounts
        left join rates on accounts.currency = rates.currency
        where accounts.started_on < accounts.churned_on and not {{ is_entity_carried("contracts") }}
    ),

    -- How the customer seemed to be a month before, on the last day that says so.
    seemed as (
        select events.account_id, events.effective_on, max_by(health.band, health.as_of_on) as band
        from events
        inner join
            health
            on events.account_id = health.account_id
            and health.as_of_on
            between {{ add_days("events.effective_on", -37) }}
            and {{ add_days("events.effective_on", -30) }}
        group by events.account_id, events.effective_on
    ),

    final as (
        select
            {{ fingerprint(["events.account_id", "events.effective_on"]) }} as churn_event_id,
            events.account_id,
            events.notice_on,
            events.effective_on,
            events.effective_on <= context.as_of as is_effective,
            events.arr,
            events.contracts,
            events.reason,
            case
                when
                    events.notice_on <= {{ add_days("events.effective_on", -30) }}
                    or seemed.band = 'red'
                then true
                when seemed.band in ('green', 'yellow')
                then false
            end as is_expected,
            tiers.assigned_tier_id as tier_id,
            context.as_of as as_of_date,
            context.config_version
        from events
        cross join context
        left join
            seemed
            on events.account_id = seemed.account_id
            and events.effective_on = seemed.effective_on
        left join
            tiers
            on events.account_id = tiers.account_id
            and {{ add_days("events.effective_on", -1) }} >= tiers.valid_from
            and coalesce({{ add_days("events.effective_on", -1) }} < tiers.valid_to, true)
    )

select *
from final
order by account_id, effective_on
