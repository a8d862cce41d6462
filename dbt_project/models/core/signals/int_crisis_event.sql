-- What crises are made of, day by day, under each scope that it counts in: customers who say that
-- they leave, negative mentions, accounts with tickets about one component, sponsors who left. And
-- since when it is recorded at all.
{{ config(schema="core") }}
with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    accounts as (select * from {{ ref("accounts") }}),

    contracts as (select account_id, scheduled_on, product from {{ ref("fct_contract") }}),

    tiers as (select * from {{ ref("tier_membership_scd2") }}),

    churns as (
        select
            churns.churn_event_id,
            churns.account_id,
            least(coalesce(churns.notice_on, churns.effective_on), churns.effective_on) as day,
            churns.effective_on,
            churns.arr,
            churns.tier_id,
            case
                when
                    accounts.churned_on = churns.effective_on
                    or accounts.churn_notice_on = churns.notice_on
                then accounts.churn_reason
                else churns.reason
            end as reason
        from {{ ref("fct_churn_event") }} as churns
        left join accounts on churns.account_id = accounts.account_id
    ),

    mentions as (
        select
            mentions.mention_id,
            mentions.account_id,
            {{ local_date("mentions.at", "coalesce(accounts.time_zone, context.time_zone)") }}
            as day,
            mentions.source,
            mentions.sentiment
        from {{ ref("mentions") }} as mentions
        cross join context
        left join accounts on mentions.account_id = accounts.account_id
    ),

    tickets as (
        select
            tickets.account_id,
            {{ local_date("tickets.opened_at", "coalesce(accounts.time_zone, context.time_zone)") }}
            as day,
            tickets.component
        from {{ ref("tickets") }} as tickets
        cross join context
        left join accounts on tickets.account_id = accounts.account_id
    ),

    component_days as (
        select
            account_id,
            component,
            day,
            lag(day) over (partition by account_id, component order by day) as day_before
        from (select distinct account_id, component, day from tickets) as days
        where component is not null
    ),

    sponsors as (
        select contacts.contact_id, contacts.account_id, contacts.left_on, tiers.assigned_tier_id
        from {{ ref("contacts") }} as contacts
        inner join
            tiers
            on contacts.account_id = tiers.account_id
            and {{ holds_on("tiers", "valid_from", "valid_to", "contacts.left_on") }}
        where {{ lists_share("contacts.personas", "['exec_sponsor', 'champion']") }}
    ),

    -- Before the first of a kind nothing tells whether any were recorded.
    first_days as (
        select
            (select min(day) from churns) as churn_on,
            (select min(left_on) from sponsors) as sponsor_on,
            (select min(day) from mentions) as mention_on,
            (select min(day) from tickets) as ticket_on
    ),

    events as (
        select
            'churn_cluster' as alert_type,
            'ALL' as scope,
            day,
            account_id,
            churn_event_id as event_key,
            arr,
            first_days.churn_on as recorded_from
        from churns
        cross join first_days
        union all
        select 'churn_cluster', 'tier:' || tier_id, day, account_id, churn_event_id, arr, churn_on
        from churns
        cross join first_days
        where tier_id is not null
        union all
        select 'churn_cluster', 'reason:' || reason, day, account_id, churn_event_id, arr, churn_on
        from churns
        cross join first_days
        where reason is not null
        union all
        select distinct
            'churn_cluster',
            'product:' || contracts.product,
            churns.day,
            churns.account_id,
            churns.churn_event_id,
            churns.arr,
            first_days.churn_on
        from churns
        cross join first_days
        inner join
            contracts
            on churns.account_id = contracts.account_id
            and churns.effective_on = contracts.scheduled_on
        where contracts.product is not null
        union all
        select 'negative_review_burst', 'ALL', day, account_id, mention_id, null, mention_on
        from mentions
        cross join first_days
        where sentiment = 'negative'
        union all
        select
            'negative_review_burst',
            'source:' || source,
            day,
            account_id,
            mention_id,
            null,
            mention_on
        from mentions
        cross join first_days
        where sentiment = 'negative' and source is not null
        union all
        select
            'product_issue_cluster',
            'component:' || component,
            day,
            account_id,
            account_id || '|' || cast(day as varchar),
            null,
            ticket_on
        from component_days
        cross join first_days
        where coalesce({{ add_days("day_before", 6) }} < day, true)
        union all
        select 'sponsor_loss_cluster', 'ALL', left_on, account_id, contact_id, null, sponsor_on
        from sponsors
        cross join first_days
        union all
        select
            'sponsor_loss_cluster',
            'tier:' || assigned_tier_id,
            left_on,
            account_id,
            contact_id,
            null,
            sponsor_on
        from sponsors
        cross join first_days
        where assigned_tier_id is not null
        union all
        select 'public_complaint', 'account:' || account_id, day, account_id, mention_id, null, day
        from mentions
        where sentiment = 'negative' and account_id is not null
    ),

    final as (select events.* from events cross join context where events.day <= context.as_of)

select *
from final
order by alert_type, scope, day, event_key
