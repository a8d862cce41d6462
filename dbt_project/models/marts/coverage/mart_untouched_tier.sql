-- Accounts that nobody reached on as_of: no two-way contact, and nothing delivered by software, for
-- as long as the longest interval of their tier.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    tiers as (
        select tiers.tier_id
        from {{ ref("cfg_tier") }} as tiers
        inner join
            context
            on context.as_of >= tiers.holds_from
            and coalesce(context.as_of < tiers.holds_to, true)
    ),

    intervals as (
        select
            standards.tier_id,
            max(
                case
                    when standards.schedule_type in ('rolling', 'conditional')
                    then standards.interval_d
                    when standards.period = 'month'
                    then 31
                    when standards.period = 'quarter'
                    then 92
                    when standards.period = 'half'
                    then 184
                    when standards.period = 'year'
                    then 366
                end
            ) as longest_interval_days
        from {{ ref("cfg_standard") }} as standards
        inner join
            context
            on context.as_of >= standards.holds_from
            and coalesce(context.as_of < standards.holds_to, true)
        group by standards.tier_id
    ),

    memberships as (
        select memberships.account_id, memberships.assigned_tier_id as tier_id
        from {{ ref("tier_membership_scd2") }} as memberships
        inner join
            context
            on context.as_of >= memberships.valid_from
            and coalesce(context.as_of < memberships.valid_to, true)
    ),

    accounts as (select account_id, arr from {{ ref("dim_account") }}),

    -- A source that names no customer's people tells of work on the account all the same.
    contacts as (
        select account_id, max(started_on) as last_contact_on
        from {{ ref("fct_activity") }}
        where
            status = 'completed'
            and account_id is not null
            and coalesce(direction <> 'internal', true)
            and type not in (
                'internal_prep',
                'internal_team',
                'reporting',
                'data_entry',
                'renewal_tracking',
                'note',
                'task'
            )
        group by account_id
    ),

    carried as (select {{ is_entity_carried("activities") }} as has_activities),

    judged as (
        select
            memberships.tier_id,
            memberships.account_id,
            accounts.arr,
            case
                when carried.has_activities and intervals.longest_interval_days is not null
                then
                    coalesce(
                        contacts.last_contact_on
                        <= {{ add_days("context.as_of", "-intervals.longest_interval_days") }},
                        true
                    )
            end as is_untouched
        from memberships
        cross join context
        cross join carried
        left join accounts on memberships.account_id = accounts.account_id
        left join intervals on memberships.tier_id = intervals.tier_id
        left join contacts on memberships.account_id = contacts.account_id
    ),

    counted as (
        select
            tier_id,
            count(*) as accounts_active,
            count(is_untouched) as accounts_judged,
            count(*) filter (where is_untouched) as accounts_untouched,
            {{ exact_sum("case when is_untouched is not null then arr end") }} as arr_judged,
            {{ exact_sum("case when is_untouched then arr when not is_untouched then 0 end") }}
            as arr_untouched
        from judged
        group by tier_id
    ),

    tier_rows as (
        select
            tiers.tier_id,
            intervals.longest_interval_days,
            coalesce(counted.accounts_active, 0) as accounts_active,
            coalesce(counted.accounts_judged, 0) as accounts_judged,
            coalesce(counted.accounts_untouched, 0) as accounts_untouched,
            counted.arr_judged,
            counted.arr_untouched
        from tiers
        left join intervals on tiers.tier_id = intervals.tier_id
        left join counted on tiers.tier_id = counted.tier_id
    ),

    everything as (
        select *
        from tier_rows
        union all
        select
            'ALL' as tier_id,
            null as longest_interval_days,
            sum(accounts_active) as accounts_active,
            sum(accounts_judged) as accounts_judged,
            sum(accounts_untouched) as accounts_untouched,
            {{ exact_sum("arr_judged") }} as arr_judged,
            {{ exact_sum("arr_untouched") }} as arr_untouched
        from tier_rows
        having count(*) > 0
    ),

    final as (
        select
            everything.tier_id,
            cast(everything.longest_interval_days as integer) as longest_interval_days,
            cast(everything.accounts_active as bigint) as accounts_active,
            cast(everything.accounts_judged as bigint) as accounts_judged,
            cast(
                case
                    when everything.accounts_judged > 0 then everything.accounts_untouched
                end as bigint
            ) as accounts_untouched,
            {{ share("everything.accounts_untouched", "everything.accounts_judged") }}
            as untouched_rate,
            case
                when everything.accounts_judged > 0 then everything.arr_untouched
            end as arr_untouched,
            {{ share("everything.arr_untouched", "everything.arr_judged") }} as arr_untouched_rate,
            context.as_of as as_of_date,
            context.config_version
        from everything
        cross join context
    )

select *
from final
order by tier_id
