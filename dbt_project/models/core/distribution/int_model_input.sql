-- What the criteria of the distribution models ask about each active account; NULL is not known.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (
        select settings.*
        from ({{ distribution_settings({"attributes": "MAP(VARCHAR, VARCHAR)"}) }}) as settings
        inner join context on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    capacity as (
        select models.net_hours_per_fte
        from {{ ref("cfg_capacity") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    tiers as (
        select tiers.tier_id, tiers.touch
        from {{ ref("cfg_tier") }} as tiers
        inner join context on {{ holds_on("tiers", "holds_from", "holds_to", "context.as_of") }}
    ),

    automated_standards as (
        select standards.tier_id, count(*) as standards
        from {{ ref("cfg_standard") }} as standards
        inner join context on {{ holds_on("standards", "holds_from", "holds_to", "context.as_of") }}
        where standards.delivery_mode = 'digital' or standards.is_automation_allowed
        group by standards.tier_id
    ),

    accounts as (select * from {{ ref("dim_account") }} where is_active),

    standing as (select * from {{ ref("mart_account_360") }}),

    measures as (
        select measures.family_account_id, measures.measure
        from {{ ref("int_family_measure") }} as measures
        inner join
            context on {{ holds_on("measures", "measured_from", "measured_to", "context.as_of") }}
    ),

    company as (
        select
            count(*) as active_accounts,
            {{ exact_sum("accounts.arr") }} as arr,
            count(case when tiers.touch in ('low', 'digital') then 1 end) as low_touch_accounts,
            count(case when tiers.touch in ('high', 'mid') then 1 end) as close_touch_accounts
        from accounts
        left join standing on accounts.account_id = standing.account_id
        left join tiers on standing.tier_id = tiers.tier_id
    ),

    carried as (
        select
            {{ is_entity_carried("activities") }} as has_activities,
            {{ is_entity_carried("tickets") }} as has_tickets,
            {{ is_entity_carried("projects") }} as has_projects
    ),

    activities as (select * from {{ ref("fct_activity") }}),

    tickets as (
        select
            tickets.account_id,
            {{ local_date("tickets.opened_at", "accounts.time_zone") }} as opened_on
        from {{ ref("tickets") }} as tickets
        inner join accounts on tickets.account_id = accounts.account_id
    ),

    contact_days as (
        select account_id, started_on as day, false as is_ticket
        from activities
        where direction = 'inbound' and status = 'completed' and ticket_id is null
        union all
        select account_id, opened_on as day, true as is_ticket
        from tickets
    ),

    contacts as (
        select
            contact_days.account_id,
            count(
                case when contact_days.day > {{ add_days("context.as_of", -91) }} then 1 end
            ) as contacts_13w,
            count(
                case
                    when
                        contact_days.is_ticket
                        and contact_days.day > {{ add_days("context.as_of", -28) }}
                    then 1
                end
            ) as tickets_28d
        from contact_days
        cross join context
        group by contact_days.account_id
    ),

    projects as (
        select
            *,
            completed_on is null
            and coalesce(lower(status), '') not in ('completed', 'cancelled', 'closed') as is_open
        from {{ ref("projects") }}
    ),

    projects_by_account as (
        select
            account_id,
            count(case when is_open and kind = 'implementation' then 1 end) as implementations,
            count(case when is_open and kind = 'migration' then 1 end) as migrations,
            count(case when is_open and kind = 'training' then 1 end) as trainings,
            min(
                case when is_open and kind in ('implementation', 'migration') then starts_on end
            ) as open_from,
            max(
                case
                    when kind in ('implementation', 'migration')
                    then {{ days_between("starts_on", "due_on") }}
                end
            ) as planned_days
        from projects
        group by account_id
    ),

    fulfilments as (
        select
            obligations.account_id,
            count(*) as fulfilled,
            count(case when activities.is_automated then 1 end) as automated
        from {{ ref("fct_obligation") }} as obligations
        cross join context
        left join activities on obligations.fulfilled_by_activity_id = activities.activity_id
        where
            obligations.disposition = 'counted'
            and obligations.fulfilled_on > {{ add_days("context.as_of", -365) }}
        group by obligations.account_id
    ),

    licences as (
        select account_id, max_by(value, "on") as licences_billable
        from {{ ref("usage") }}
        where metric = 'licences_billable'
        group by account_id
    ),

    people as (select user_id, is_csm from {{ ref("dim_csm") }}),

    worked as (
        select *
        from {{ ref("fct_activity_time") }}
        where account_id is not null and category <> 'not_working' and minutes > 0
    ),

    tracked as (
        select min(worked_on) as tracked_from, min(week_start) as first_week
        from {{ ref("fct_activity_time") }}
        where minutes > 0
    ),

    hours as (
        select
            worked.account_id,
            {{ exact_sum("worked.minutes") }} / 60 as hours_12m,
            {{
                exact_sum(
                    "case when not people.is_csm and worked.worked_on > "
                    ~ add_days("context.as_of", -91)
                    ~ " then worked.minutes else 0 end"
                )
            }} / 60 as specialist_hours_13w
        from worked
        cross join context
        left join people on worked.user_id = people.user_id
        where worked.worked_on > {{ add_days("context.as_of", -365) }}
        group by worked.account_id
    ),

    implementation_hours as (
        select worked.account_id, {{ exact_sum("worked.minutes") }} / 60 as hours
        from worked
        inner join
            projects_by_account
            on worked.account_id = projects_by_account.account_id
            and worked.worked_on >= projects_by_account.open_from
        group by worked.account_id
    ),

    -- The demand of accounts that a pool might serve, in each of the 13 whole weeks before as_of.
    this_week as (
        select cast(date_trunc('week', {{ add_days("as_of", 1) }}) as date) as monday from context
    ),

    recent_weeks as (
        select
            cast(
                {{ rows_of(weeks_between_dates(add_days("monday", -91), add_days("monday", -7))) }}
                as date
            ) as week_start
        from this_week
    ),

    low_touch_minutes as (
        select worked.week_start, {{ exact_sum("worked.minutes") }} as minutes
        from worked
        inner join recent_weeks on worked.week_start = recent_weeks.week_start
        inner join standing on worked.account_id = standing.account_id
        inner join tiers on standing.tier_id = tiers.tier_id
        where standing.is_active and tiers.touch in ('low', 'digital')
        group by worked.week_start
    ),

    demand as (
        select
            {{ exact_sum("coalesce(minutes, 0)") }} / 13 as mean_minutes,
            {{ exact_sum("coalesce(minutes, 0) * coalesce(minutes, 0)") }} / 13 as mean_square,
            min(recent_weeks.week_start) as first_week
        from recent_weeks
        left join low_touch_minutes on recent_weeks.week_start = low_touch_minutes.week_start
    ),

    uneven as (
        select
            case
                when tracked.first_week <= demand.first_week and demand.mean_minutes > 0
                then
                    sqrt(
                        greatest(demand.mean_square - demand.mean_minutes * demand.mean_minutes, 0)
                    )
                    / demand.mean_minutes
            end as demand_cv
        from demand
        cross join tracked
    ),

    demands as (
        select account_id, required_hours from {{ ref("int_account_demand") }} where is_current
    ),

    -- What people cost is never told one by one.
    costs as (
        select
            {{
                share(
                    exact_sum("users.loaded_cost_per_year"), exact_sum("coalesce(users.fte, 1)")
                )
            }} / min(capacity.net_hours_per_fte) as cost_per_hour
        from {{ ref("users") }} as users
        inner join people on users.user_id = people.user_id
        cross join context
        cross join capacity
        where
            people.is_csm
            and users.loaded_cost_per_year is not null
            and coalesce(users.started_on <= context.as_of, true)
            and coalesce(users.ended_on > context.as_of, true)
    ),

    leads as (
        select *, coalesce(user_id, user_email, 'pool ' || pool) as lead_id
        from {{ ref("int_account_lead") }}
    ),

    turns as (
        select
            account_id,
            valid_from,
            lead_id,
            lag(lead_id) over (partition by account_id order by valid_from) as lead_before
        from leads
    ),

    lead_turns as (
        select
            turns.account_id,
            max(
                case when turns.lead_id is distinct from turns.lead_before then turns.valid_from end
            ) as lead_since_on,
            count(
                case
                    when
                        turns.lead_before is not null
                        and turns.lead_before <> turns.lead_id
                        and turns.valid_from > {{ add_days("context.as_of", -365) }}
                    then 1
                end
            ) as lead_changes_12m
        from turns
        cross join context
        where turns.valid_from <= context.as_of
        group by turns.account_id
    ),

    final as (
        select
            accounts.account_id,
            standing.tier_id,
            tiers.touch,
            accounts.arr,
            measures.measure as acv,
            {{ share("accounts.arr", "company.arr") }} as arr_rate,
            company.active_accounts,
            company.low_touch_accounts,
            company.close_touch_accounts,
            accounts.segment,
            accounts.complexity,
            case
                when carried.has_activities or carried.has_tickets
                then coalesce(contacts.contacts_13w, 0)
            end as contacts_13w,
            case
                when {{ account_attribute("needs_strategy", "boolean") }} is not null
                then {{ account_attribute("needs_strategy", "boolean") }}
                when standing.is_success_plan_validated and standing.success_plan_objectives > 0
                then true
            end as is_strategy_needed,
            {{ account_attribute("expansion_pipeline", "double") }} as expansion_pipeline,
            {{ account_attribute("potential_seats", "double") }} as potential_seats,
            {{ account_attribute("services_potential", "double") }} as services_potential,
            licences.licences_billable,
            coalesce(
                {{ has_element("standing.missing_inputs", "'first_value'") }}, false
            ) as is_first_value_unknown,
            standing.first_value_on,
            coalesce(
                {{ account_attribute("expected_ttv_days", "double") }},
                projects_by_account.planned_days
            ) as expected_days_to_value,
            accounts.is_partner,
            accounts.is_reference,
            {{ account_attribute("co_marketing", "boolean") }} as is_co_marketing,
            {{ account_attribute("integration_partner", "boolean") }} as is_integration_partner,
            {% for kind in ["implementation", "migration", "training"] -%}
                case
                    when carried.has_projects then coalesce(projects_by_account.{{ kind }}s, 0)
                end as open_{{ kind }}s,
            {% endfor -%}
            {{ account_attribute("planned_training_hours", "double") }} as planned_training_hours,
            {{ account_attribute("customer_facing_dependency", "boolean") }} as is_customer_facing,
            {{ account_attribute("advisory", "boolean") }} as is_advisory,
            {{ account_attribute("content_engagement", "double") }} as content_engagement_rate,
            {{ share("fulfilments.automated", "fulfilments.fulfilled") }} as automated_rate,
            coalesce(automated_standards.standards, 0) as automated_standards,
            uneven.demand_cv,
            demands.required_hours,
            capacity.net_hours_per_fte,
            costs.cost_per_hour,
            case
                when tracked.tracked_from <= context.as_of then coalesce(hours.hours_12m, 0)
            end as service_hours_12m,
            coalesce(
                tracked.tracked_from <= {{ add_days("context.as_of", -364) }}, false
            ) as is_tracked_12m,
            case
                when tracked.tracked_from <= context.as_of
                then coalesce(hours.specialist_hours_13w, 0)
            end as specialist_hours_13w,
            case
                when
                    projects_by_account.open_from is not null
                    and tracked.tracked_from <= context.as_of
                then coalesce(implementation_hours.hours, 0)
            end as open_implementation_hours,
            case
                when carried.has_tickets
                then
                    {{ share("coalesce(contacts.tickets_28d, 0)", "inputs.active_users_28d") }}
                    * 100
            end as tickets_per_100_users_28d,
            lead_turns.lead_since_on,
            coalesce(lead_turns.lead_changes_12m, 0) as lead_changes_12m
        from accounts
        cross join context
        cross join settings
        cross join capacity
        cross join company
        cross join carried
        cross join tracked
        cross join uneven
        cross join costs
        inner join standing on accounts.account_id = standing.account_id
        left join tiers on standing.tier_id = tiers.tier_id
        left join measures on accounts.family_account_id = measures.family_account_id
        left join contacts on accounts.account_id = contacts.account_id
        left join
            {{ ref("int_account_input") }} as inputs on accounts.account_id = inputs.account_id
        left join projects_by_account on accounts.account_id = projects_by_account.account_id
        left join fulfilments on accounts.account_id = fulfilments.account_id
        left join licences on accounts.account_id = licences.account_id
        left join automated_standards on standing.tier_id = automated_standards.tier_id
        left join demands on accounts.account_id = demands.account_id
        left join hours on accounts.account_id = hours.account_id
        left join implementation_hours on accounts.account_id = implementation_hours.account_id
        left join lead_turns on accounts.account_id = lead_turns.account_id
    )

select *
from final
order by account_id
