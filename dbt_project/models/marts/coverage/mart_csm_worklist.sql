-- What is to be done: obligations that fall due in the next 14 days, that are past due but still in
-- grace, and standards that an account is behind on.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    obligations as (select * from {{ ref("fct_obligation") }} where disposition = 'counted'),

    behind as (
        select overdue.obligation_id, overdue.account_id, overdue.family, overdue.closes_on
        from {{ ref("int_obligation_overdue") }} as overdue
        inner join
            context
            on context.as_of >= overdue.overdue_from
            and coalesce(context.as_of < overdue.overdue_to, true)
    ),

    accounts as (select account_id, name, arr, term_end_on from {{ ref("dim_account") }}),

    leads as (
        select leads.account_id, leads.user_id, leads.user_email, leads.pool
        from {{ ref("int_account_lead") }} as leads
        inner join
            context
            on context.as_of >= leads.valid_from
            and coalesce(context.as_of < leads.valid_to, true)
    ),

    people as (select user_id, email, name from {{ ref("dim_csm") }}),

    standards as (
        select
            tier_id,
            family,
            standard_version,
            max_by({{ standard_in_words() }}, holds_from) as standard,
            max_by(quality, holds_from) as quality_conditions,
            max_by(accepts, holds_from) as accepted_types
        from {{ ref("cfg_standard") }}
        group by tier_id, family, standard_version
    ),

    -- One touch settles what an account is behind on in a family; requests are settled one by one.
    behind_ranks as (
        select
            behind.obligation_id,
            row_number() over (
                partition by
                    behind.account_id,
                    behind.family,
                    case when obligations.schedule_type = 'response' then behind.obligation_id end
                order by behind.closes_on desc, behind.obligation_id desc
            ) as newest_rank,
            count(*) over (
                partition by
                    behind.account_id,
                    behind.family,
                    case when obligations.schedule_type = 'response' then behind.obligation_id end
            ) as cycles_behind
        from behind
        inner join obligations on behind.obligation_id = obligations.obligation_id
    ),

    work as (
        select
            obligations.*,
            case
                when behind_ranks.obligation_id is not null
                then 'overdue'
                when obligations.due_on < context.as_of
                then 'in_grace'
                else 'due'
            end as state,
            coalesce(behind_ranks.cycles_behind, 0) as cycles_behind
        from obligations
        cross join context
        left join
            behind_ranks
            on obligations.obligation_id = behind_ranks.obligation_id
            and behind_ranks.newest_rank = 1
        where
            behind_ranks.obligation_id is not null
            or (
                obligations.timeliness = 'open'
                and obligations.due_on <= {{ add_days("context.as_of", 14) }}
            )
    ),

    final as (
        select
            work.obligation_id,
            work.account_id,
            accounts.name as account_name,
            accounts.arr,
            accounts.term_end_on,
            coalesce(leads.user_id, people.user_id) as owner_user_id,
            people.name as owner_name,
            leads.user_email as owner_email,
            leads.pool as owner_pool,
            work.tier_id,
            work.family,
            work.state,
            work.window_open_on,
            work.due_on,
            work.closes_on,
            cast({{ days_between("context.as_of", "work.due_on") }} as integer) as days_to_due,
            cast(work.cycles_behind as integer) as cycles_behind,
            cast(work.attempts as integer) as attempts,
            work.is_required,
            standards.standard,
            standards.quality_conditions,
            standards.accepted_types,
            context.as_of as as_of_date,
            context.config_version
        from work
        cross join context
        left join accounts on work.account_id = accounts.account_id
        left join leads on work.account_id = leads.account_id
        left join people on leads.user_email = people.email
        left join
            standards
            on work.tier_id = standards.tier_id
            and work.family = standards.family
            and work.standard_version = standards.standard_version
    )

select *
from final
order by obligation_id
