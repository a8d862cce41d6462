-- What whoever opens an account wants to see first: one row an account, as it stands on as_of.
{# What a whole view needs, by name: SQL that is true where it is known. #}
{% set inputs_wanted = {
    "acquisition_channel": "acquisition_channel is not null",
    "active_users": "active_users_28d is not null",
    "arr": "arr is not null",
    "complexity": "coalesce(complexity, cast(implementation_complexity as varchar)) is not null",
    "csm_sentiment": "csm_sentiment is not null",
    "first_value": "has_first_value",
    "health": "final_score is not null",
    "nps": "last_nps is not null",
    "owner": "coalesce(lead_user_id, lead_email, lead_pool) is not null",
    "personas": "is_exec_sponsor_engaged is not null",
    "stakeholders": "stakeholders_180d is not null",
    "success_plan": "has_current_success_plan is not null",
    "term": "term_months is not null",
    "tickets": "open_tickets is not null",
    "tier": "tier_id is not null",
    "two_way_contact": "has_human_contact_ever is not null",
} %}
{% set missing = [] %}
{% for name, is_known in inputs_wanted.items() -%}
    {% do missing.append("case when not (" ~ is_known ~ ") then '" ~ name ~ "' end") %}
{%- endfor %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    accounts as (
        select *, coalesce(first_contract_on, started_on) as start_on from {{ ref("dim_account") }}
    ),

    standing as (select * from {{ ref("int_account_standing") }}),

    health as (
        select scores.*
        from {{ ref("fct_health_daily") }} as scores
        inner join context on scores.as_of_on = context.as_of
    ),

    ranked_measures as (
        select
            measure_days.account_id,
            measure_days.measure,
            measure_days.status,
            row_number() over (
                partition by measure_days.account_id, measure_days.status
                order by measure_days.score, measure_days.measure
            ) as place
        from {{ ref("fct_health_measure_daily") }} as measure_days
        inner join context on measure_days.as_of_on = context.as_of
    ),

    measures as (
        select
            account_id,
            {{ list_in_order("measure", "place", "status = 'ok' and place <= 3") }}
            as lowest_measures,
            {{ list_in_order("measure", "measure", "status in ('missing', 'stale')") }}
            as missing_measures
        from ranked_measures
        group by account_id
    ),

    product_days as (
        select
            measure_days.account_id,
            measure_days.as_of_on,
            measure_days.contribution,
            measure_days.effective_weight
        from {{ ref("fct_health_measure_daily") }} as measure_days
        inner join standing on measure_days.account_id = standing.account_id
        where
            measure_days.measure_group = 'product'
            and measure_days.effective_weight > 0
            and measure_days.as_of_on >= standing.term_start_on
    ),

    -- Of the days of a term only the first that has a score and that of the view are compared.
    first_product_days as (
        select account_id, min(as_of_on) as first_on
        from product_days
        where contribution is not null
        group by account_id
    ),

    product_scores as (
        select
            product_days.account_id,
            product_days.as_of_on,
            round(
                cast(sum(cast(product_days.contribution as decimal(38, 15))) as double)
                / cast(sum(cast(product_days.effective_weight as decimal(38, 15))) as double),
                6
            ) as score
        from product_days
        cross join context
        inner join first_product_days on product_days.account_id = first_product_days.account_id
        where product_days.as_of_on in (first_product_days.first_on, context.as_of)
        group by product_days.account_id, product_days.as_of_on
    ),

    adoption as (
        select
            product_scores.account_id,
            round(
                max(case when product_scores.as_of_on = context.as_of then product_scores.score end)
                - min_by(product_scores.score, product_scores.as_of_on),
                6
            ) as adoption_change
        from product_scores
        cross join context
        group by product_scores.account_id
    ),

    quarter as (
        select
            coverage.account_id,
            sum(coverage.obligations_counted) as obligations_counted,
            sum(coverage.obligations_good) as obligations_good,
            bool_and(coverage.is_covered) as is_covered
        from {{ ref("mart_coverage_account_period") }} as coverage
        inner join
            context
            on coverage.period_type = 'quarter'
            and coverage.period_start = cast(date_trunc('quarter', context.as_of) as date)
        group by coverage.account_id
    ),

    overdue as (
        select
            overdue.account_id,
            count(*) as obligations,
            {{ union_of_lists("[overdue.family]") }} as families
        from {{ ref("int_obligation_overdue") }} as overdue
        inner join
            context on {{ holds_on("overdue", "overdue_from", "overdue_to", "context.as_of") }}
        group by overdue.account_id
    ),

    next_due as (
        select account_id, due_on, family
        from
            (
                select
                    account_id,
                    due_on,
                    family,
                    row_number() over (
                        partition by account_id order by due_on, family, obligation_id
                    ) as place
                from {{ ref("fct_obligation") }}
                where disposition = 'counted' and timeliness = 'open'
            ) as open_obligations
        where place = 1
    ),

    fired as (
        select
            account_id,
            count(case when is_open then 1 end) as open_triggers,
            {{ list_in_order("rule_id", "rule_id", "is_open") }} as open_trigger_rules,
            max(fired_on) as last_trigger_on
        from {{ ref("fct_playbook_trigger") }}
        where fired_on is not null
        group by account_id
    ),

    watched as (
        select count(*) > 0 as has_rules from {{ ref("cfg_playbook_rule") }} where is_evaluable
    ),

    inputs as (select * from {{ ref("int_account_input") }}),

    carried as (
        select
            {{ is_entity_carried("activities") }} as has_activities,
            {{ is_entity_carried("tickets") }} as has_tickets,
            {{ is_entity_carried("success_plans") }} as has_plans,
            {{ is_field_carried("activities", "personas") }}
            or {{ is_field_carried("contacts", "personas") }} as has_personas,
            {{ is_field_carried("accounts", "first_value_on") }}
            or (select count(first_value_on) from inputs) > 0 as has_first_value
    ),

    joined as (
        select
            accounts.account_id,
            accounts.name,
            accounts.is_active,
            accounts.lifecycle_stage,
            accounts.segment,
            accounts.acquisition_channel,
            accounts.complexity,
            accounts.arr,
            accounts.currency,
            accounts.stakeholders_180d,
            accounts.start_on,
            context.as_of,
            context.config_version,
            carried.has_first_value,
            {% for name in [
                "lead_user_id",
                "lead_name",
                "lead_email",
                "lead_pool",
                "tier_id",
                "tier_since_on",
                "tier_source",
                "tier_reason",
                "tiering_arr",
                "term_months",
                "multi_year_arr_share",
                "next_term_end_on",
                "next_renewal_outcome",
                "last_term_end_on",
                "last_renewal_outcome",
                "renewals_count",
            ] -%}
                standing.{{ name }},
            {% endfor -%}
            case
                when accounts.start_on <= context.as_of
                then
                    {{
                        days_between(
                            "accounts.start_on",
                            "case when not accounts.is_active and accounts.churned_on <= context.as_of then accounts.churned_on else context.as_of end",
                        )
                    }}
            end as tenure_days,
            {{ days_between("accounts.start_on", "context.as_of") }} as age_days,
            health.final_score,
            health.band,
            health.shown_band,
            health.input_coverage,
            health.delta_28d,
            health.delta_90d,
            health.frozen_on,
            health.csp_score,
            health.csp_score_source,
            measures.lowest_measures,
            measures.missing_measures,
            adoption.adoption_change,
            quarter.obligations_counted,
            quarter.obligations_good,
            quarter.is_covered,
            case
                when carried.has_activities then coalesce(overdue.obligations, 0)
            end as overdue_obligations,
            case when carried.has_activities then overdue.families end as overdue_families,
            next_due.due_on as next_due_on,
            next_due.family as next_due_family,
            case when watched.has_rules then coalesce(fired.open_triggers, 0) end as open_triggers,
            fired.open_trigger_rules,
            fired.last_trigger_on,
            inputs.last_two_way_on,
            case
                when carried.has_activities then inputs.last_two_way_on is not null
            end as has_human_contact_ever,
            case when carried.has_personas then inputs.personas_met_180d end as personas_met_180d,
            case
                when carried.has_personas then inputs.is_champion_engaged
            end as is_champion_engaged,
            case
                when carried.has_personas then inputs.is_exec_sponsor_engaged
            end as is_exec_sponsor_engaged,
            coalesce(accounts.first_value_on, inputs.first_value_on) as first_valued_on,
            inputs.has_inbound,
            {{ days_between("accounts.start_on", "inputs.engaged_on") }} as days_to_engage,
            {{ days_between("accounts.start_on", "inputs.onboarded_on") }} as days_to_onboarded,
            {% for name in ["open_tickets", "open_escalated_tickets", "tickets_30d"] -%}
                case when carried.has_tickets then coalesce(inputs.{{ name }}, 0) end as {{ name }},
            {% endfor -%}
            inputs.last_nps,
            inputs.last_nps_on,
            inputs.last_csat,
            inputs.last_csat_on,
            inputs.csm_sentiment,
            inputs.csm_sentiment_on,
            inputs.implementation_complexity,
            inputs.success_plan_updated_on,
            inputs.success_plan_status,
            inputs.success_plan_objectives,
            inputs.is_success_plan_validated,
            case
                when carried.has_plans
                then
                    coalesce(
                        inputs.success_plan_objectives > 0
                        and inputs.success_plan_updated_on > {{ add_days("context.as_of", -90) }},
                        false
                    )
            end as has_current_success_plan,
            inputs.active_users_28d,
            inputs.usage_change_28d
        from accounts
        cross join context
        cross join carried
        cross join watched
        inner join standing on accounts.account_id = standing.account_id
        left join health on accounts.account_id = health.account_id
        left join measures on accounts.account_id = measures.account_id
        left join adoption on accounts.account_id = adoption.account_id
        left join quarter on accounts.account_id = quarter.account_id
        left join overdue on accounts.account_id = overdue.account_id
        left join next_due on accounts.account_id = next_due.account_id
        left join fired on accounts.account_id = fired.account_id
        inner join inputs on accounts.account_id = inputs.account_id
    ),

    judged as (select *, {{ list_of_known(missing) }} as missing_inputs from joined),

    final as (
        select
            account_id,
            name,
            is_active,
            lifecycle_stage,
            segment,
            acquisition_channel,
            complexity,
            implementation_complexity,
            lead_user_id as owner_user_id,
            lead_name as owner_name,
            lead_email as owner_email,
            lead_pool as owner_pool,
            tier_id,
            tier_since_on,
            tier_source,
            tier_reason,
            tiering_arr,
            arr,
            currency,
            multi_year_arr_share,
            cast(term_months as integer) as term_months,
            cast(tenure_days as integer) as tenure_days,
            cast(renewals_count as integer) as renewals_count,
            last_term_end_on,
            last_renewal_outcome,
            next_term_end_on,
            next_renewal_outcome,
            cast({{ days_between("as_of", "next_term_end_on") }} as integer) as days_to_term_end,
            final_score as health_score,
            band as health_band,
            shown_band as health_shown_band,
            input_coverage as health_coverage,
            delta_28d as health_delta_28d,
            delta_90d as health_delta_90d,
            frozen_on as health_frozen_on,
            lowest_measures,
            missing_measures,
            csp_score,
            csp_score_source,
            adoption_change,
            usage_change_28d,
            cast(obligations_counted as bigint) as quarter_obligations_counted,
            cast(obligations_good as bigint) as quarter_obligations_good,
            is_covered as is_covered_this_quarter,
            cast(overdue_obligations as integer) as overdue_obligations,
            overdue_families,
            next_due_on,
            next_due_family,
            cast(open_triggers as integer) as open_triggers,
            open_trigger_rules,
            last_trigger_on,
            last_two_way_on,
            cast({{ days_between("last_two_way_on", "as_of") }} as integer) as days_since_two_way,
            has_human_contact_ever,
            stakeholders_180d,
            personas_met_180d,
            is_champion_engaged,
            is_exec_sponsor_engaged,
            csm_sentiment,
            csm_sentiment_on,
            cast(open_tickets as integer) as open_tickets,
            cast(open_escalated_tickets as integer) as open_escalated_tickets,
            cast(tickets_30d as integer) as tickets_30d,
            last_nps,
            last_nps_on,
            last_csat,
            last_csat_on,
            success_plan_updated_on,
            success_plan_status,
            cast(success_plan_objectives as integer) as success_plan_objectives,
            is_success_plan_validated,
            has_current_success_plan,
            first_valued_on as first_value_on,
            cast(days_to_engage as integer) as days_to_engage,
            cast(
                case
                    when has_first_value then {{ days_between("start_on", "first_valued_on") }}
                end as integer
            ) as days_to_first_value,
            cast(days_to_onboarded as integer) as days_to_onboarded,
            case
                when not has_first_value
                then null
                when first_valued_on is not null
                then {{ days_between("start_on", "first_valued_on") }} <= 30
                when age_days > 30
                then false
            end as is_first_value_within_30d,
            case
                when has_first_value and start_on is not null
                then is_active and age_days > 30 and first_valued_on is null and not has_inbound
            end as is_quiet_churn_risk,
            missing_inputs,
            1
            - coalesce({{ list_length("missing_inputs") }}, 0)
            / {{ inputs_wanted | length }}.0 as single_view_completeness,
            as_of as as_of_date,
            config_version
        from judged
    )

select *
from final
order by account_id
