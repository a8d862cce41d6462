-- Whether what makes people effective has been built: one row a piece of it. What cannot be told is
-- neither done nor not done.
{% set checks = {
    "contracts_live": "Connect the system that holds contracts.",
    "activities_live": "Connect the system that holds activities.",
    "tickets_live": "Connect the support desk.",
    "usage_live": "Connect what measures how the product is used.",
    "success_plans_live": "Connect the system that holds success plans.",
    "time_tracked": "Have people write down what their internal hours go into.",
    "activities_fresh": "Find out why no activities have come in.",
    "tickets_fresh": "Find out why no tickets have come in.",
    "usage_fresh": "Find out why no usage has come in.",
    "standards_defined": "Write in the coverage model what each tier is owed.",
    "playbooks_live": "Write playbook rules in the coverage model.",
    "triggers_acted": "Answer playbook triggers, or change the rules that nobody answers.",
    "touch_logging": "Write customer meetings into the shared system.",
    "renewals_in_system": "Give every contract its end date.",
    "health_inputs_fresh": "Renew the inputs of the health score that are out of date.",
} %}
{% set live = {
    "contracts": "contracts",
    "activities": "activities",
    "tickets": "tickets",
    "usage": "usage",
    "success_plans": "success_plans",
} %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select models.holds_from, models.tooling_live_share, models.tooling_fresh_d
        from {{ ref("cfg_model") }} as models
        inner join
            context
            on context.as_of >= models.holds_from
            and coalesce(context.as_of < models.holds_to, true)
    ),

    activities as (select max(started_on) as newest_on from {{ ref("fct_activity") }}),

    tickets as (
        select max({{ local_date("opened_at", "time_zone") }}) as newest_on
        from {{ ref("tickets") }}
        cross join {{ source("meta", "context") }}
    ),

    usage as (select max("on") as newest_on from {{ ref("usage") }}),

    contracts as (
        select
            max(starts_on) as newest_on,
            count(case when is_in_force then 1 end) as in_force,
            count(case when is_in_force and ends_on is not null then 1 end) as with_end
        from {{ ref("fct_contract") }}
    ),

    success_plans as (select max(updated_on) as newest_on from {{ ref("success_plans") }}),

    time_tracked as (
        select weeks_tracked from {{ ref("mart_tooling_substitution") }} where work_type = 'ALL'
    ),

    rules as (
        select count(*) as rules
        from {{ ref("cfg_playbook_rule") }} as rules
        inner join models on rules.holds_from = models.holds_from
    ),

    triggers as (
        select count(*) as fired, count(triggers.acted_at) as acted
        from {{ ref("fct_playbook_trigger") }} as triggers
        inner join
            context
            on triggers.fired_on > {{ add_days("context.as_of", -180) }}
            and triggers.fired_on <= {{ add_days("context.as_of", -14) }}
    ),

    touches as (
        select max_by(undocumented_touch_rate, period_start) as undocumented_touch_rate
        from {{ ref("mart_time_balance") }}
        where grain = 'tier_quarter' and tier_id = 'ALL'
    ),

    tiers as (
        select distinct members.assigned_tier_id as tier_id
        from {{ ref("tier_membership_scd2") }} as members
        inner join {{ ref("dim_account") }} as accounts on members.account_id = accounts.account_id
        inner join
            context
            on context.as_of >= members.valid_from
            and coalesce(context.as_of < members.valid_to, true)
        where accounts.is_active and members.assigned_tier_id is not null
    ),

    standards as (
        select distinct standards.tier_id
        from {{ ref("cfg_standard") }} as standards
        inner join models on standards.holds_from = models.holds_from
    ),

    owed as (
        select count(*) as tiers, count(standards.tier_id) as with_standards
        from tiers
        left join standards on tiers.tier_id = standards.tier_id
    ),

    inputs as (
        select
            count(case when measures.status = 'ok' then 1 end) as fresh,
            count(case when measures.status in ('ok', 'stale') then 1 end) as measured
        from {{ ref("fct_health_measure_daily") }} as measures
        inner join context on measures.as_of_on = context.as_of
        inner join {{ ref("dim_account") }} as accounts on measures.account_id = accounts.account_id
        where accounts.is_active
    ),

    told as (
        {% for entity, relation in live.items() %}
            select
                '{{ entity }}_live' as check_id,
                cast(null as double) as measured_rate,
                cast(null as double) as wanted_rate,
                {{ is_entity_carried(entity) }} and {{ relation }}.newest_on is not null as is_done
            from {{ relation }}
            union all
        {% endfor %}
        {% for entity in ["activities", "tickets", "usage"] %}
            select
                '{{ entity }}_fresh',
                null,
                null,
                {{ entity }}.newest_on
                > {{ add_days("context.as_of", "-1 * models.tooling_fresh_d") }}
            from {{ entity }}
            cross join context
            cross join models
            union all
        {% endfor %}
        select 'time_tracked', null, null, time_tracked.weeks_tracked >= {{ least_weeks_tracked() }}
        from time_tracked
        union all
        select
            'standards_defined',
            {{ share("owed.with_standards", "owed.tiers") }},
            1,
            {{ share("owed.with_standards", "owed.tiers") }} >= 1
        from owed
        union all
        select 'playbooks_live', null, null, rules.rules > 0
        from rules
        union all
        {% for check_id, relation, part, whole in [
            (
                "triggers_acted",
                "triggers",
                "triggers.acted",
                "triggers.fired",
            ),
            (
                "renewals_in_system",
                "contracts",
                "contracts.with_end",
                "contracts.in_force",
            ),
            (
                "health_inputs_fresh",
                "inputs",
                "inputs.fresh",
                "inputs.measured",
            ),
        ] %}
            select
                '{{ check_id }}',
                {{ share(part, whole) }},
                models.tooling_live_share,
                {{ share(part, whole) }} >= models.tooling_live_share
            from {{ relation }}
            cross join models
            union all
        {% endfor %}
        select
            'touch_logging',
            1 - touches.undocumented_touch_rate,
            models.tooling_live_share,
            1 - touches.undocumented_touch_rate >= models.tooling_live_share
        from touches
        cross join models
    ),

    final as (
        select
            told.check_id,
            cast(
                case
                    told.check_id
                    {% for check_id in checks %}
                        when '{{ check_id }}' then {{ loop.index }}
                    {% endfor %}
                end as integer
            ) as check_order,
            told.measured_rate,
            told.wanted_rate,
            told.is_done,
            case
                told.check_id
                {% for check_id, what_to_do in checks.items() %}
                    when '{{ check_id }}' then '{{ what_to_do }}'
                {% endfor %}
            end as what_to_do,
            context.as_of as as_of_date,
            context.config_version
        from told
        cross join context
    )

select *
from final
order by check_order
