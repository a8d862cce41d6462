-- Every time that a rule turned true for an account: what was known then, who had to act, whether
-- they did, and what became of the account.
with
    context as (select as_of, config_version, time_zone from {{ source("meta", "context") }}),

    firings as (
        select
            {{ fingerprint(["account_id", "rule_id", "became_true_on"]) }} as trigger_id,
            *,
            coalesce(fired_on, became_true_on) as told_on
        from {{ ref("int_playbook_firing") }}
    ),

    rules as (select * from {{ ref("cfg_playbook_rule") }}),

    settings as (
        select models.holds_from, models.holds_to, models.act_within_d, models.outcome_within_d
        from {{ ref("cfg_model") }} as models
    ),

    capacity as (select * from {{ ref("cfg_capacity") }}),

    zones as (
        select accounts.account_id, coalesce(accounts.time_zone, context.time_zone) as time_zone
        from {{ ref("accounts") }} as accounts
        cross join context
    ),

    leads as (select * from {{ ref("int_account_lead") }}),

    tiers as (select * from {{ ref("tier_membership_scd2") }}),

    terms as (select * from {{ ref("int_term_in_force") }}),

    activities as (select * from {{ ref("fct_activity") }}),

    teams as ({{ lists_with_the_team() }}),

    losses as (select * from {{ ref("int_account_loss") }}),

    renewals as (select * from {{ ref("fct_renewal") }}),

    weeks as (
        select account_id, week_start, tier_id, base_hours_per_year
        from {{ ref("int_account_reactive") }}
    ),

    snoozes as (
        select account_id, family, "from" as quiet_from, "to" as quiet_to
        from {{ ref("exceptions") }}
        where kind = 'snooze'
    ),

    ruled as (
        select
            firings.*,
            rules.rule_version,
            rules.severity,
            rules.playbook_id,
            rules.functions,
            rules.predicate,
            rules.signals,
            settings.act_within_d,
            settings.outcome_within_d,
            {{ add_days("firings.fired_on", "settings.act_within_d") }} as act_by,
            {{ add_days("firings.fired_on", "settings.outcome_within_d") }} as outcome_by
        from firings
        inner join
            rules
            on firings.rule_id = rules.rule_id
            and {{ holds_on("rules", "holds_from", "holds_to", "firings.told_on") }}
        inner join
            settings on {{ holds_on("settings", "holds_from", "holds_to", "firings.told_on") }}
    ),

    asked as (
        select trigger_id, account_id, told_on, {{ rows_of("signals") }} as signal from ruled
    ),

    known as (
        select
            asked.trigger_id,
            asked.signal,
            case
                when spans.account_id is null
                then 'null'
                when spans.value in ('true', 'false')
                then spans.value
                when spans.value is not null
                then '"' || spans.value || '"'
                when spans.number is null
                then 'null'
                else
                    {{
                        number_text(
                            "spans.number + spans.step * "
                            ~ days_between("spans.day", "asked.told_on")
                        )
                    }}
            end as value
        from asked
        left join
            {{ ref("int_account_signal_span") }} as spans
            on asked.account_id = spans.account_id
            and asked.signal = spans.signal
            and asked.told_on >= spans.day
            and asked.told_on < spans.next_day
    ),

    evidence as (
        select
            trigger_id,
            {{ list_in_order("'\"' || signal || '\": ' || value", "signal") }} as signals
        from known
        group by trigger_id
    ),

    answers as (
        select
            activities.account_id,
            activities.activity_id,
            activities.started_at,
            activities.started_on,
            row_number() over (
                partition by activities.account_id
                order by activities.started_on, activities.started_at, activities.activity_id
            ) as answer_number
        from activities
        where
            activities.account_id is not null
            and activities.status = 'completed'
            and not coalesce(activities.is_automated, false)
            and coalesce(activities.direction, '') <> 'inbound'
            and {{ is_with_customer("activities") }}
            and {{ is_by_the_team("activities", "teams") }}
    ),

    in_order as (
        select account_id, started_on as day, cast(null as varchar) as trigger_id, 1 as is_answer
        from answers
        union all
        select account_id, fired_on as day, trigger_id, 0 as is_answer
        from firings
        where fired_on is not null
    ),

    -- What is done on the day itself was done before anybody could know.
    counted as (
        select
            account_id,
            trigger_id,
            sum(is_answer) over (
                partition by account_id order by day range unbounded preceding
            ) as answers_before
        from in_order
    ),

    acted as (
        select counted.trigger_id, answers.activity_id, answers.started_at, answers.started_on
        from counted
        inner join
            answers
            on counted.account_id = answers.account_id
            and counted.answers_before + 1 = answers.answer_number
        where counted.trigger_id is not null
    ),

    lost as (
        select
            ruled.trigger_id,
            min(
                case
                    when
                        losses.kind = 'lost'
                        and losses.known_on <= ruled.fired_on
                        and ruled.fired_on <= losses.effective_on
                    then losses.known_on
                end
            ) as notice_on,
            min(
                case
                    when losses.kind = 'lost' and losses.known_on > ruled.fired_on
                    then losses.known_on
                end
            ) as lost_on,
            min(
                case
                    when losses.kind = 'contracted' and losses.known_on > ruled.fired_on
                    then losses.known_on
                end
            ) as contracted_on
        from ruled
        inner join
            losses
            on ruled.account_id = losses.account_id
            and losses.known_on <= ruled.outcome_by
            and losses.effective_on >= ruled.fired_on
        group by ruled.trigger_id
    ),

    renewed as (
        select ruled.trigger_id, min(renewals.scheduled_on) as renewed_on
        from ruled
        cross join context
        inner join
            renewals
            on ruled.account_id = renewals.account_id
            and renewals.scheduled_on > ruled.fired_on
            and renewals.scheduled_on <= ruled.outcome_by
            and renewals.scheduled_on <= context.as_of
        where
            renewals.outcome in ('renewed_on_time', 'renewed_early', 'renewed_late', 'transferred')
        group by ruled.trigger_id
    ),

    worth as (
        select
            ruled.trigger_id,
            case when count(*) = count(terms.arr) then {{ exact_sum("terms.arr") }} end as arr
        from ruled
        inner join
            terms
            on ruled.account_id = terms.account_id
            and {{ holds_on("terms", "in_force_from", "in_force_to", "ruled.told_on") }}
        group by ruled.trigger_id
    ),

    extra_people as (
        select
            ruled.trigger_id,
            round(
                greatest(weeks.base_hours_per_year - earlier.base_hours_per_year, 0)
                / nullif(capacity.net_hours_per_fte, 0),
                4
            ) as fte
        from ruled
        inner join capacity on {{ holds_on("capacity", "holds_from", "holds_to", "ruled.told_on") }}
        inner join
            weeks
            on ruled.account_id = weeks.account_id
            and {{ week_of("ruled.told_on") }} = weeks.week_start
        inner join
            weeks as earlier
            on weeks.account_id = earlier.account_id
            and weeks.tier_id = earlier.tier_id
            and {{ add_days("weeks.week_start", -35) }} = earlier.week_start
        where {{ list_has("ruled.signals", "'required_h_delta_30d'") }}
    ),

    snoozed as (
        select ruled.trigger_id, max(snoozes.quiet_to) as snoozed_until
        from ruled
        cross join context
        inner join
            snoozes
            on ruled.account_id = snoozes.account_id
            and coalesce(snoozes.family, ruled.rule_id) = ruled.rule_id
            and {{ holds_on("snoozes", "quiet_from", "quiet_to", "context.as_of") }}
        where ruled.ended_on is null
        group by ruled.trigger_id
    ),

    final as (
        select
            ruled.trigger_id,
            ruled.account_id,
            ruled.rule_id,
            ruled.rule_version,
            ruled.became_true_on,
            ruled.fired_on,
            {{
                start_of_day(
                    add_days("ruled.fired_on", 1), "coalesce(zones.time_zone, context.time_zone)"
                )
            }} as fired_at,
            cast('{' || {{ list_text("evidence.signals") }} || '}' as json) as evidence,
            ruled.severity,
            ruled.playbook_id,
            ruled.functions,
            extra_people.fte as recommended_extra_fte,
            leads.user_id as owner_user_id,
            leads.pool as owner_pool,
            tiers.assigned_tier_id as tier_id,
            worth.arr,
            ruled.account_id || '|' || ruled.rule_id as dedupe_key,
            ruled.cooldown_until,
            ruled.suppressed_by,
            snoozed.snoozed_until,
            cast(null as varchar) as csp_task_id,
            case when acted.started_on <= ruled.act_by then acted.started_at end as acted_at,
            case
                when acted.started_on <= ruled.act_by then acted.activity_id
            end as acted_activity_id,
            case
                when acted.started_on <= ruled.act_by
                then true
                when ruled.act_by <= context.as_of
                then false
            end as is_acted,
            ruled.ended_on is null as is_open,
            ruled.ended_on,
            case
                when ruled.fired_on is null
                then null
                when lost.notice_on is not null
                then 'notice_given'
                when lost.lost_on is not null
                then 'lost'
                when lost.contracted_on is not null
                then 'contracted'
                when ruled.outcome_by > context.as_of
                then 'open'
                when renewed.renewed_on is not null
                then 'renewed'
                else 'kept'
            end as outcome,
            case
                when ruled.fired_on is null
                then null
                when coalesce(lost.notice_on, lost.lost_on, lost.contracted_on) is not null
                then coalesce(lost.notice_on, lost.lost_on, lost.contracted_on)
                when ruled.outcome_by <= context.as_of
                then renewed.renewed_on
            end as outcome_on,
            context.as_of as as_of_date,
            context.config_version
        from ruled
        cross join context
        left join zones on ruled.account_id = zones.account_id
        left join evidence on ruled.trigger_id = evidence.trigger_id
        left join
            leads
            on ruled.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "ruled.told_on") }}
        left join
            tiers
            on ruled.account_id = tiers.account_id
            and {{ holds_on("tiers", "valid_from", "valid_to", "ruled.told_on") }}
        left join worth on ruled.trigger_id = worth.trigger_id
        left join extra_people on ruled.trigger_id = extra_people.trigger_id
        left join snoozed on ruled.trigger_id = snoozed.trigger_id
        left join acted on ruled.trigger_id = acted.trigger_id
        left join lost on ruled.trigger_id = lost.trigger_id
        left join renewed on ruled.trigger_id = renewed.trigger_id
    )

select *
from final
order by account_id, rule_id, became_true_on
