-- Where each account stands: who leads it, its tier and since when, its terms.
{{ config(schema="core") }}
{% set days_a_month = 30.4375 %}
with
    context as (select as_of from {{ source("meta", "context") }}),

    accounts as (select account_id from {{ ref("dim_account") }}),

    leads as (
        select leads.account_id, leads.user_id, leads.user_email, leads.pool
        from {{ ref("int_account_lead") }} as leads
        inner join context on {{ holds_on("leads", "valid_from", "valid_to", "context.as_of") }}
    ),

    people as (select user_id, email, name from {{ ref("dim_csm") }}),

    -- A row of the history ends with every change of the tier's reason, too.
    tier_rows as (
        select
            *,
            case
                when
                    valid_from = lag(valid_to) over account
                    and assigned_tier_id = lag(assigned_tier_id) over account
                then null
                else valid_from
            end as new_tier_on
        from {{ ref("tier_membership_scd2") }}
        window account as (partition by account_id order by valid_from)
    ),

    tier_stays as (
        select
            account_id,
            valid_from,
            valid_to,
            assigned_tier_id,
            source,
            reason,
            measure_value,
            max(new_tier_on) over (
                partition by account_id
                order by valid_from
                rows between unbounded preceding and current row
            ) as tier_since_on
        from tier_rows
    ),

    tiers as (
        select tier_stays.*
        from tier_stays
        inner join
            context on {{ holds_on("tier_stays", "valid_from", "valid_to", "context.as_of") }}
    ),

    contracts as (
        select
            account_id,
            round(
                max({{ days_between("starts_on", "scheduled_on") }}) / {{ days_a_month }}
            ) as term_months,
            max(starts_on) as term_start_on,
            case when count(*) = count(arr) then {{ exact_sum("arr") }} end as arr,
            {{
                exact_sum(
                    "case when "
                    ~ days_between("starts_on", "scheduled_on")
                    ~ " > 366 then arr else 0 end"
                )
            }} as multi_year_arr
        from {{ ref("fct_contract") }}
        where is_in_force
        group by account_id
    ),

    term_ends as (
        select
            renewals.account_id,
            renewals.term_end_on,
            renewals.outcome,
            renewals.term_end_on > context.as_of as is_to_come,
            row_number() over (
                partition by renewals.account_id, renewals.term_end_on > context.as_of
                order by renewals.term_end_on, renewals.renewal_id
            ) as place,
            row_number() over (
                partition by renewals.account_id, renewals.term_end_on > context.as_of
                order by renewals.term_end_on desc, renewals.renewal_id desc
            ) as place_from_last
        from {{ ref("fct_renewal") }} as renewals
        cross join context
    ),

    renewals as (
        select
            account_id,
            max(case when is_to_come and place = 1 then term_end_on end) as next_term_end_on,
            max(case when is_to_come and place = 1 then outcome end) as next_renewal_outcome,
            max(
                case when not is_to_come and place_from_last = 1 then term_end_on end
            ) as last_term_end_on,
            max(
                case when not is_to_come and place_from_last = 1 then outcome end
            ) as last_renewal_outcome,
            count(*) filter (
                where
                    not is_to_come
                    and outcome
                    in ('renewed_on_time', 'renewed_early', 'renewed_late', 'partially_renewed')
            ) as renewals_count
        from term_ends
        group by account_id
    ),

    final as (
        select
            accounts.account_id,
            leads.user_email as lead_email,
            leads.pool as lead_pool,
            coalesce(leads.user_id, people.user_id) as lead_user_id,
            people.name as lead_name,
            tiers.assigned_tier_id as tier_id,
            tiers.tier_since_on,
            tiers.source as tier_source,
            tiers.reason as tier_reason,
            tiers.measure_value as tiering_arr,
            contracts.term_months,
            contracts.term_start_on,
            contracts.multi_year_arr / nullif(contracts.arr, 0) as multi_year_arr_share,
            renewals.next_term_end_on,
            renewals.next_renewal_outcome,
            renewals.last_term_end_on,
            renewals.last_renewal_outcome,
            coalesce(renewals.renewals_count, 0) as renewals_count
        from accounts
        left join leads on accounts.account_id = leads.account_id
        left join people on leads.user_email = people.email
        left join tiers on accounts.account_id = tiers.account_id
        left join contracts on accounts.account_id = contracts.account_id
        left join renewals on accounts.account_id = renewals.account_id
    )

select *
from final
order by account_id
