-- Terms of contracts with their ARR in the reporting currency, those included by which a contract
-- renewed itself. What is in force follows from the dates, and from what took its place.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    terms as (select * from {{ ref("int_contract_term") }}),

    successions as (select * from {{ ref("int_contract_succession") }}),

    -- A contract goes on by itself until another takes its place.
    last_terms as (
        select
            terms.signed_contract_id,
            min(terms.term_number) filter (where successions.kind <> 'auto') as replaced_number,
            max(terms.term_number) as last_number
        from terms
        left join successions on terms.contract_id = successions.contract_id
        group by terms.signed_contract_id
    ),

    succeeded as (
        select
            contract_id,
            min(starts_on) as succeeded_on,
            min(starts_on) filter (where is_within_late_grace) as bridged_on
        from successions
        group by contract_id
    ),

    in_force as (
        select
            terms.*,
            case
                when terms.scheduled_on is null
                then succeeded.succeeded_on
                else coalesce(succeeded.bridged_on, terms.scheduled_on)
            end as in_force_to,
            terms.term_number
            = coalesce(last_terms.replaced_number, last_terms.last_number) as is_last
        from terms
        inner join last_terms on terms.signed_contract_id = last_terms.signed_contract_id
        left join succeeded on terms.contract_id = succeeded.contract_id
        where terms.term_number <= coalesce(last_terms.replaced_number, last_terms.last_number)
    ),

    final as (
        select
            in_force.contract_id,
            in_force.account_id,
            in_force.product,
            in_force.status,
            in_force.starts_on,
            in_force.ends_on,
            in_force.scheduled_on,
            in_force.in_force_to,
            in_force.ends_on is null as is_evergreen,
            in_force.starts_on <= context.as_of
            and coalesce(in_force.in_force_to > context.as_of, true) as is_in_force,
            in_force.term_number > 1 as is_auto_renewal,
            in_force.arr,
            in_force.arr_local,
            in_force.currency,
            in_force.fx_rate,
            in_force.signed_on,
            case when in_force.is_last then in_force.notice_on end as notice_on,
            in_force.predecessor_contract_id,
            in_force.auto_renews,
            in_force.source_name,
            context.as_of as as_of_date,
            context.config_version
        from in_force
        cross join context
    )

select *
from final
order by contract_id
