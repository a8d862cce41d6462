-- What became of each term end: one row a term, those to come included.
with recursive
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    contracts as (select * from {{ ref("fct_contract") }}),

    successions as (select * from {{ ref("int_contract_succession") }}),

    accounts as (select account_id, churned_on, churn_notice_on from {{ ref("accounts") }}),

    models as (select holds_from, holds_to, late_max_d, overlap_d from {{ ref("cfg_model") }}),

    tiers as (
        select account_id, assigned_tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    leads as (
        select account_id, coalesce(user_id, user_email) as user_id, valid_from, valid_to
        from {{ ref("int_account_lead") }}
    ),

    renewed as (
        select
            contract_id,
            min(starts_on) filter (where is_within_late_max) as renewed_on,
            count(*) filter (where is_within_late_max) as renewals,
            case
                when count(*) filter (where is_within_late_max and share is null) = 0
                then {{ exact_sum("case when is_within_late_max then share end") }}
            end as renewed_arr,
            bool_and(successor_account_id <> account_id) filter (
                where is_within_late_max
            ) as is_transferred
        from successions
        group by contract_id
    ),

    -- The first successor; one that came too late to be a renewal tells who came back.
    first_successors as (
        select
            contract_id,
            successor_contract_id,
            row_number() over (
                partition by contract_id order by starts_on, successor_contract_id
            ) as place
        from successions
    ),

    predecessors as (
        select
            successor_contract_id,
            contract_id,
            row_number() over (
                partition by successor_contract_id order by share desc nulls last, contract_id
            ) as place
        from successions
    ),

    lineages as (
        select contracts.contract_id, contracts.contract_id as lineage_id
        from contracts
        left join predecessors on contracts.contract_id = predecessors.successor_contract_id
        where predecessors.contract_id is null
        union all
        select predecessors.successor_contract_id as contract_id, lineages.lineage_id
        from lineages
        inner join
            predecessors
            on lineages.contract_id = predecessors.contract_id
            and predecessors.place = 1
    ),

    ended as (
        select
            contracts.contract_id,
            contracts.account_id,
            contracts.product,
            contracts.status,
            contracts.starts_on,
            contracts.ends_on,
            contracts.scheduled_on,
            contracts.arr,
            contracts.auto_renews,
            contracts.is_auto_renewal,
            coalesce(
                contracts.notice_on,
                case
                    when accounts.churn_notice_on between contracts.starts_on and contracts.ends_on
                    then accounts.churn_notice_on
                end
            ) as notice_on,
            accounts.churned_on,
            renewed.renewed_on,
            renewed.renewed_arr,
            renewed.is_transferred,
            coalesce(renewed.renewals > 0, false) as has_successor,
            coalesce(renewed.renewals > 0, false)
            and coalesce(renewed.renewed_arr > 0 or contracts.arr = 0, true) as is_renewed,
            case
                when renewed.renewals > 0 or contracts.scheduled_on <= context.as_of
                then first_successors.successor_contract_id
            end as successor_contract_id,
            lineages.lineage_id,
            {{ add_days("contracts.ends_on", "models.late_max_d") }} as latest_on,
            {{ add_days("contracts.ends_on", "- models.overlap_d") }} as earliest_on,
            context.as_of,
            context.config_version
        from contracts
        cross join context
        inner join
            models
            on contracts.ends_on >= models.holds_from
            and coalesce(contracts.ends_on < models.holds_to, true)
        inner join accounts on contracts.account_id = accounts.account_id
        left join renewed on contracts.contract_id = renewed.contract_id
        left join
            first_successors
            on contracts.contract_id = first_successors.contract_id
            and first_successors.place = 1
        left join lineages on contracts.contract_id = lineages.contract_id
        where contracts.starts_on <= contracts.ends_on
    ),

    -- Who has nothing left and comes back too late is won back, whether or not it is said.
    left_alone as (
        select
            ended.contract_id,
            bool_or(
                contracts.starts_on <= ended.scheduled_on
                and coalesce(contracts.in_force_to > ended.scheduled_on, true)
            ) as is_account_in_force,
            min(contracts.starts_on) filter (
                where contracts.starts_on > ended.ends_on
            ) as returned_on
        from ended
        inner join contracts on ended.account_id = contracts.account_id
        where
            not ended.is_renewed
            and ended.scheduled_on <= ended.as_of
            and coalesce(contracts.starts_on < contracts.in_force_to, true)
        group by ended.contract_id
    ),

    judged as (
        select
            ended.*,
            case
                when ended.is_renewed and ended.is_transferred
                then 'transferred'
                when ended.is_renewed and ended.renewed_arr < ended.arr - 0.005
                then 'partially_renewed'
                when ended.is_renewed and ended.renewed_on > ended.scheduled_on
                then 'renewed_late'
                when ended.is_renewed and ended.renewed_on < ended.earliest_on
                then 'renewed_early'
                when ended.is_renewed
                then 'renewed_on_time'
                when ended.scheduled_on > ended.as_of
                then 'upcoming'
                when
                    not ended.has_successor
                    and (
                        ended.successor_contract_id is not null
                        or (
                            not coalesce(left_alone.is_account_in_force, false)
                            and left_alone.returned_on > ended.latest_on
                        )
                    )
                then 'winback'
                when
                    ended.has_successor
                    or ended.as_of > ended.latest_on
                    or ended.status in ('churned', 'cancelled')
                    or ended.notice_on is not null
                    or (
                        ended.churned_on > ended.starts_on
                        and ended.churned_on
                        <= least(ended.as_of, {{ add_days("ended.latest_on", 1) }})
                    )
                then 'churned'
                else 'open_lapsed'
            end as outcome,
            tiers.assigned_tier_id as tier_id,
            tiers_before.assigned_tier_id as tier_id_120d,
            leads.user_id as owner_user_id
        from ended
        left join left_alone on ended.contract_id = left_alone.contract_id
        left join
            tiers
            on ended.account_id = tiers.account_id
            and {{ add_days("ended.ends_on", -1) }} >= tiers.valid_from
            and coalesce({{ add_days("ended.ends_on", -1) }} < tiers.valid_to, true)
        left join
            tiers as tiers_before
            on ended.account_id = tiers_before.account_id
            and {{ add_days("ended.ends_on", -120) }} >= tiers_before.valid_from
            and coalesce({{ add_days("ended.ends_on", -120) }} < tiers_before.valid_to, true)
        left join
            leads
            on ended.account_id = leads.account_id
            and least({{ add_days("ended.ends_on", -1) }}, ended.as_of) >= leads.valid_from
            and coalesce(
                least({{ add_days("ended.ends_on", -1) }}, ended.as_of) < leads.valid_to, true
            )
    ),

    -- For what share of the term the account was in the tier that it counts under.
    in_tier as (
        select
            judged.contract_id,
            sum(
                greatest(
                    {{
                        days_between(
                            "greatest(tiers.valid_from, judged.starts_on)",
                            add_days(
                                "least("
                                ~ add_days("tiers.valid_to", -1)
                                ~ ", judged.ends_on, judged.as_of)",
                                1,
                            ),
                        )
                    }},
                    0
                )
            ) as days
        from judged
        inner join
            tiers
            on judged.account_id = tiers.account_id
            and judged.tier_id = tiers.assigned_tier_id
        group by judged.contract_id
    ),

    valued as (
        select
            contract_id,
            case
                when outcome = 'upcoming' then null when is_renewed then renewed_arr else 0
            end as renewed_arr,
            case
                when outcome = 'upcoming' or arr is null or (is_renewed and renewed_arr is null)
                then null
                when is_renewed
                then least(renewed_arr, arr)
                else 0
            end as retained_arr
        from judged
    ),

    final as (
        select
            judged.contract_id as renewal_id,
            judged.account_id,
            judged.contract_id,
            judged.lineage_id,
            judged.successor_contract_id,
            judged.product,
            judged.starts_on as term_start_on,
            judged.ends_on as term_end_on,
            judged.scheduled_on,
            judged.arr as atr,
            valued.renewed_arr,
            judged.outcome,
            case
                when judged.outcome <> 'upcoming'
                then judged.is_renewed and judged.renewed_on <= judged.scheduled_on
            end as is_on_time,
            cast(
                {{ days_between("judged.scheduled_on", "judged.renewed_on") }} as integer
            ) as days_late,
            judged.renewed_on,
            successors.signed_on,
            valued.retained_arr,
            case
                when valued.retained_arr is null
                then null
                when judged.is_renewed
                then judged.arr - valued.retained_arr
                else 0
            end as contraction_arr,
            case
                when valued.retained_arr is null
                then null
                when judged.outcome in ('churned', 'winback')
                then judged.arr
                else 0
            end as churned_arr,
            case
                when valued.retained_arr is null
                then null
                when judged.outcome = 'open_lapsed'
                then judged.arr
                else 0
            end as open_arr,
            case
                when valued.retained_arr is not null
                then greatest(valued.renewed_arr - judged.arr, 0)
            end as expansion_arr,
            judged.tier_id,
            judged.tier_id_120d,
            case
                when judged.tier_id is not null and judged.starts_on <= judged.as_of
                then
                    cast(in_tier.days as double) / (
                        {{
                            days_between(
                                "judged.starts_on",
                                "least(judged.ends_on, judged.as_of)",
                            )
                        }} + 1
                    )
            end as tier_share_of_term,
            judged.notice_on,
            judged.owner_user_id,
            judged.auto_renews,
            judged.is_auto_renewal,
            judged.as_of as as_of_date,
            judged.config_version
        from judged
        inner join valued on judged.contract_id = valued.contract_id
        left join contracts as successors on judged.successor_contract_id = successors.contract_id
        left join in_tier on judged.contract_id = in_tier.contract_id
    )

select *
from final
order by renewal_id
