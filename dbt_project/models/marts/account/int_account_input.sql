-- What is known last of each account: when the customer took part and who, support, surveys,
-- judgements, the success plan, and how much the product is used.
{{ config(schema="core") }}
with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    accounts as (
        select accounts.account_id, coalesce(accounts.time_zone, context.time_zone) as time_zone
        from {{ ref("accounts") }} as accounts
        cross join context
    ),

    activities as (
        select *
        from {{ ref("fct_activity") }}
        where status = 'completed' and account_id is not null
    ),

    reached as (select activity_id, personas from {{ ref("int_activity_persona") }}),

    milestones as (
        select
            account_id,
            max(case when {{ is_two_way("activities") }} then started_on end) as last_two_way_on,
            min(case when type = 'first_value' then started_on end) as first_value_on,
            min(
                case when type in ('kickoff', 'onboarding_session') then started_on end
            ) as engaged_on,
            min(case when type = 'onboarding_complete' then started_on end) as onboarded_on,
            bool_or(coalesce(direction, '') = 'inbound') as has_inbound
        from activities
        group by account_id
    ),

    met as (
        select activities.account_id, activities.started_on, reached.personas
        from activities
        cross join context
        inner join reached on activities.activity_id = reached.activity_id
        where
            activities.started_on > {{ add_days("context.as_of", -180) }}
            and {{ is_two_way("activities") }}
    ),

    personas as (
        select
            met.account_id,
            {{ union_of_lists("met.personas") }} as personas_met_180d,
            bool_or(
                {{ list_has("met.personas", "'champion'") }}
                and met.started_on > {{ add_days("context.as_of", -90) }}
            ) as is_champion_engaged
        from met
        cross join context
        group by met.account_id
    ),

    tickets as (
        select
            tickets.account_id,
            count(*) filter (
                where
                    tickets.solved_at is null
                    or {{ local_date("tickets.solved_at", "accounts.time_zone") }} > context.as_of
            ) as open_tickets,
            count(*) filter (
                where
                    tickets.is_escalated
                    and (
                        tickets.solved_at is null
                        or {{ local_date("tickets.solved_at", "accounts.time_zone") }}
                        > context.as_of
                    )
            ) as open_escalated_tickets,
            count(*) filter (
                where
                    {{ local_date("tickets.opened_at", "accounts.time_zone") }}
                    > {{ add_days("context.as_of", -30) }}
            ) as tickets_30d
        from {{ ref("tickets") }} as tickets
        cross join context
        inner join accounts on tickets.account_id = accounts.account_id
        group by tickets.account_id
    ),

    said as (
        select
            account_id,
            kind,
            score,
            responded_at as said_at,
            row_number() over (
                partition by account_id, kind order by responded_at desc, response_id desc
            ) as place
        from {{ ref("surveys") }}
        where kind in ('nps', 'csat')
        union all
        select
            account_id,
            kind,
            score,
            assessed_at as said_at,
            row_number() over (
                partition by account_id, kind order by assessed_at desc, assessment_id desc
            ) as place
        from {{ ref("assessments") }}
        where kind in ('csm_sentiment', 'implementation_complexity')
    ),

    {% set kinds = {
        "nps": "last_nps",
        "csat": "last_csat",
        "csm_sentiment": "csm_sentiment",
        "implementation_complexity": "implementation_complexity",
    } -%}
    scores as (
        select
            said.account_id
            {%- for kind, name in kinds.items() %}
                ,
                max(case when said.kind = '{{ kind }}' then said.score end) as {{ name }},
                max(
                    case
                        when said.kind = '{{ kind }}'
                        then {{ local_date("said.said_at", "accounts.time_zone") }}
                    end
                ) as {{ name }}_on
            {%- endfor %}
        from said
        inner join accounts on said.account_id = accounts.account_id
        where said.place = 1
        group by said.account_id
    ),

    plans as (
        select
            account_id,
            updated_on,
            status,
            nullif({{ list_length("objectives") }}, 0) as objectives,
            is_customer_validated,
            row_number() over (
                partition by account_id order by updated_on desc, plan_id desc
            ) as place
        from {{ ref("success_plans") }}
    ),

    use as (
        select
            usage.account_id,
            max(
                case when usage."on" > {{ add_days("context.as_of", -28) }} then usage.value end
            ) as active_users_28d,
            max(
                case when usage."on" <= {{ add_days("context.as_of", -28) }} then usage.value end
            ) as active_users_before
        from {{ ref("usage") }} as usage
        cross join context
        where usage.metric = 'active_users' and usage."on" > {{ add_days("context.as_of", -56) }}
        group by usage.account_id
    ),

    final as (
        select
            accounts.account_id,
            milestones.last_two_way_on,
            milestones.first_value_on,
            milestones.engaged_on,
            milestones.onboarded_on,
            coalesce(milestones.has_inbound, false)
            or tickets.account_id is not null as has_inbound,
            personas.personas_met_180d,
            coalesce(personas.is_champion_engaged, false) as is_champion_engaged,
            coalesce(
                {{ list_has("personas.personas_met_180d", "'exec_sponsor'") }}, false
            ) as is_exec_sponsor_engaged,
            tickets.open_tickets,
            tickets.open_escalated_tickets,
            tickets.tickets_30d,
            {% for name in kinds.values() -%} scores.{{ name }}, scores.{{ name }}_on, {% endfor -%}
            plans.updated_on as success_plan_updated_on,
            plans.status as success_plan_status,
            plans.objectives as success_plan_objectives,
            plans.is_customer_validated as is_success_plan_validated,
            use.active_users_28d,
            use.active_users_28d / nullif(use.active_users_before, 0) - 1 as usage_change_28d
        from accounts
        left join milestones on accounts.account_id = milestones.account_id
        left join personas on accounts.account_id = personas.account_id
        left join tickets on accounts.account_id = tickets.account_id
        left join scores on accounts.account_id = scores.account_id
        left join plans on accounts.account_id = plans.account_id and plans.place = 1
        left join use on accounts.account_id = use.account_id
    )

select *
from final
order by account_id
