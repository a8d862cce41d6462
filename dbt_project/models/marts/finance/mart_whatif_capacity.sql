-- What would get done with more hours for customers, in the order in which it would be: what was
-- owed and not delivered in a year, and signs of trouble that nobody answered.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select models.holds_from, models.trigger_minutes
        from {{ ref("cfg_model") }} as models
        inner join
            context
            on context.as_of >= models.holds_from
            and coalesce(context.as_of < models.holds_to, true)
    ),

    scenarios as (select scenario, net_extra_hours from {{ ref("mart_whatif_summary") }}),

    accounts as (select account_id, name, arr from {{ ref("dim_account") }} where is_active),

    leads as (
        select leads.account_id, leads.user_id, leads.pool
        from {{ ref("int_account_lead") }} as leads
        inner join
            context
            on context.as_of >= leads.valid_from
            and coalesce(context.as_of < leads.valid_to, true)
    ),

    standards as (
        select
            tier_id,
            family,
            standard_version,
            max_by(delivery_mode, holds_from) as delivery_mode,
            max_by(per_year, holds_from) as per_year
        from {{ ref("cfg_standard") }}
        group by tier_id, family, standard_version
    ),

    undelivered as (
        select
            obligations.*,
            standards.per_year,
            row_number() over (
                partition by obligations.account_id, obligations.family
                order by obligations.closes_on desc, obligations.obligation_id desc
            ) as newest_rank
        from {{ ref("fct_obligation") }} as obligations
        cross join context
        left join
            standards
            on obligations.tier_id = standards.tier_id
            and obligations.family = standards.family
            and obligations.standard_version = standards.standard_version
        where
            obligations.disposition = 'counted'
            and obligations.family <> 'trigger_response'
            and obligations.expected_minutes > 0
            and coalesce(standards.delivery_mode <> 'digital', true)
            and (
                (
                    obligations.timeliness = 'missed'
                    and obligations.closes_on > {{ add_days("context.as_of", -365) }}
                    and obligations.closes_on <= context.as_of
                )
                or (obligations.timeliness = 'open' and obligations.due_on < context.as_of)
            )
    ),

    -- A year of a standard is never more work than the standard plans for a year.
    missed as (
        select
            'obligation:' || account_id || ':' || family as work_item_id,
            'obligation' as kind,
            account_id,
            max(case when newest_rank = 1 then tier_id end) as tier_id,
            family,
            cast(null as varchar) as rule_id,
            count(*) as obligations,
            min(due_on) as due_on,
            min(
                case
                    when schedule_type in ('lead_to_event', 'conditional')
                    then 1
                    when is_required
                    then 2
                    else 3
                end
            ) as criticality,
            {{ exact_sum("expected_minutes") }} / 60 as all_hours,
            max(
                case when newest_rank = 1 and per_year > 0 then per_year * expected_minutes / 60 end
            ) as most_hours
        from undelivered
        group by account_id, family
    ),

    answers as (
        select standards.tier_id, max(standards.expected_minutes) as expected_minutes
        from {{ ref("cfg_standard") }} as standards
        inner join models on standards.holds_from = models.holds_from
        where standards.family = 'trigger_response' and standards.expected_minutes > 0
        group by standards.tier_id
    ),

    unanswered as (
        select
            'trigger:' || triggers.trigger_id as work_item_id,
            'trigger' as kind,
            triggers.account_id,
            triggers.tier_id,
            cast(null as varchar) as family,
            triggers.rule_id,
            cast(null as bigint) as obligations,
            triggers.fired_on as due_on,
            case
                triggers.severity when 'high' then 1 when 'medium' then 2 else 3
            end as criticality,
            coalesce(answers.expected_minutes, models.trigger_minutes) / 60 as all_hours,
            cast(null as double) as most_hours
        from {{ ref("fct_playbook_trigger") }} as triggers
        cross join models
        left join answers on triggers.tier_id = answers.tier_id
        where triggers.fired_on is not null and triggers.is_open and triggers.acted_at is null
    ),

    items as (
        select *
        from missed
        union all
        select *
        from unanswered
    ),

    costed as (
        select
            items.*,
            accounts.name as account_name,
            accounts.arr,
            leads.user_id as owner_user_id,
            leads.pool as owner_pool,
            case
                when items.most_hours < items.all_hours then items.most_hours else items.all_hours
            end as hours
        from items
        inner join accounts on items.account_id = accounts.account_id
        left join leads on items.account_id = leads.account_id
    ),

    ordered as (
        select
            *,
            {{ share("arr", "hours") }} as arr_per_hour,
            row_number() over (
                order by
                    criticality, {{ share("arr", "hours") }} desc nulls last, due_on, work_item_id
            ) as work_order
        from costed
    ),

    summed as (
        select
            *,
            cast(
                sum(cast(hours as decimal(28, 6))) over (order by work_order) as double
            ) as cumulative_hours
        from ordered
    ),

    final as (
        select
            scenarios.scenario,
            summed.work_item_id,
            cast(summed.work_order as bigint) as work_order,
            summed.kind,
            summed.account_id,
            summed.account_name,
            summed.tier_id,
            summed.owner_user_id,
            summed.owner_pool,
            summed.family,
            summed.rule_id,
            cast(summed.obligations as bigint) as obligations,
            summed.due_on,
            cast({{ days_between("summed.due_on", "context.as_of") }} as integer) as days_overdue,
            cast(summed.criticality as integer) as criticality,
            summed.arr,
            summed.hours,
            summed.arr_per_hour,
            summed.cumulative_hours,
            case
                when scenarios.net_extra_hours is not null
                then
                    least(
                        summed.hours,
                        greatest(
                            0, scenarios.net_extra_hours - (summed.cumulative_hours - summed.hours)
                        )
                    )
            end as done_hours,
            summed.cumulative_hours <= scenarios.net_extra_hours + 0.000001 as is_done,
            context.as_of as as_of_date,
            context.config_version
        from summed
        cross join scenarios
        cross join context
    )

select *
from final
order by scenario, work_order
