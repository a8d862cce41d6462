-- What each rule is worth: of the accounts that it warned of, how many left or became smaller; of
-- those that did, how many it had warned of, and how early; how often anybody acted. By quarter,
-- and all.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as (
        select models.outcome_within_d, models.low_n
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    quarters as (
        select period_start, period_end
        from {{ ref("int_coverage_period") }}
        where period_type = 'quarter'
    ),

    rules as (select * from {{ ref("cfg_playbook_rule") }}),

    triggers as (select * from {{ ref("fct_playbook_trigger") }}),

    active as (select * from {{ ref("int_account_active") }}),

    losses as (select * from {{ ref("int_account_loss") }}),

    loss_days as (
        select account_id, known_on, bool_or(kind = 'lost') as is_lost
        from losses
        group by account_id, known_on
    ),

    cells as (
        select distinct rules.rule_id, quarters.period_start, quarters.period_end
        from rules
        inner join
            quarters on {{ holds_on("rules", "holds_from", "holds_to", "quarters.period_end") }}
        where rules.is_evaluable
    ),

    -- What a trigger can be judged by stands still once the days that count are over.
    judged as (
        select
            triggers.rule_id,
            cast(
                date_trunc('quarter', coalesce(triggers.fired_on, triggers.became_true_on)) as date
            ) as period_start,
            triggers.fired_on is not null as is_fired,
            triggers.is_acted,
            triggers.outcome in ('lost', 'contracted') as is_hit,
            coalesce(
                {{ add_days("triggers.fired_on", "settings.outcome_within_d") }} <= context.as_of
                and triggers.outcome <> 'notice_given',
                false
            ) as is_judged
        from triggers
        cross join settings
        cross join context
    ),

    fired as (
        select
            rule_id,
            period_start,
            count(case when is_fired then 1 end) as fired,
            count(case when not is_fired then 1 end) as suppressed,
            count(case when is_judged then 1 end) as judged,
            count(case when is_judged and is_hit then 1 end) as hits,
            count(case when is_fired and is_acted then 1 end) as acted,
            count(case when is_fired and is_acted is not null then 1 end) as action_judged
        from judged
        group by rule_id, period_start
    ),

    warned as (
        select
            triggers.rule_id,
            loss_days.account_id,
            loss_days.known_on,
            min(triggers.fired_on) as first_fired_on
        from loss_days
        cross join settings
        inner join
            triggers
            on loss_days.account_id = triggers.account_id
            and triggers.fired_on < loss_days.known_on
            and triggers.fired_on
            >= {{ add_days("loss_days.known_on", "-settings.outcome_within_d") }}
        group by triggers.rule_id, loss_days.account_id, loss_days.known_on
    ),

    leads as (
        select
            rule_id,
            cast(date_trunc('quarter', known_on) as date) as period_start,
            {{ days_between("first_fired_on", "known_on") }} as lead_days
        from warned
    ),

    lost as (
        select cast(date_trunc('quarter', known_on) as date) as period_start, count(*) as losses
        from loss_days
        group by cast(date_trunc('quarter', known_on) as date)
    ),

    -- An account that has said before that it leaves can no longer be warned of.
    base as (
        select
            quarters.period_start,
            count(distinct active.account_id) as base_accounts,
            count(distinct loss_days.account_id) as base_hits
        from quarters
        cross join settings
        cross join context
        inner join
            active on {{ holds_on("active", "active_from", "active_to", "quarters.period_start") }}
        left join
            losses as said
            on active.account_id = said.account_id
            and said.kind = 'lost'
            and said.known_on <= quarters.period_start
            and said.effective_on >= quarters.period_start
        left join
            loss_days
            on active.account_id = loss_days.account_id
            and loss_days.known_on > quarters.period_start
            and loss_days.known_on
            <= {{ add_days("quarters.period_start", "settings.outcome_within_d") }}
        where
            said.account_id is null
            and {{ add_days("quarters.period_start", "settings.outcome_within_d") }}
            <= context.as_of
        group by quarters.period_start
    ),

    by_quarter as (
        select
            cells.rule_id,
            cells.period_start,
            cells.period_end,
            coalesce(fired.fired, 0) as fired,
            coalesce(fired.suppressed, 0) as suppressed,
            coalesce(fired.judged, 0) as judged,
            coalesce(fired.hits, 0) as hits,
            coalesce(fired.acted, 0) as acted,
            coalesce(fired.action_judged, 0) as action_judged,
            coalesce(lost.losses, 0) as losses,
            coalesce(base.base_accounts, 0) as base_accounts,
            coalesce(base.base_hits, 0) as base_hits
        from cells
        left join fired on cells.rule_id = fired.rule_id and cells.period_start = fired.period_start
        left join lost on cells.period_start = lost.period_start
        left join base on cells.period_start = base.period_start
    ),

    periods as (
        select rule_id, 'quarter' as period_type, period_start, period_end, period_start as quarter
        from cells
        union all
        select
            rule_id,
            'all' as period_type,
            min(period_start) over (partition by rule_id) as period_start,
            max(period_end) over (partition by rule_id) as period_end,
            period_start as quarter
        from cells
    ),

    counted as (
        select
            periods.rule_id,
            periods.period_type,
            periods.period_start,
            periods.period_end,
            sum(by_quarter.fired) as fired,
            sum(by_quarter.suppressed) as suppressed,
            sum(by_quarter.judged) as judged,
            sum(by_quarter.hits) as hits,
            sum(by_quarter.acted) as acted,
            sum(by_quarter.action_judged) as action_judged,
            sum(by_quarter.losses) as losses,
            sum(by_quarter.base_accounts) as base_accounts,
            sum(by_quarter.base_hits) as base_hits
        from periods
        inner join
            by_quarter
            on periods.rule_id = by_quarter.rule_id
            and periods.quarter = by_quarter.period_start
        group by periods.rule_id, periods.period_type, periods.period_start, periods.period_end
    ),

    caught as (
        select
            periods.rule_id,
            periods.period_type,
            periods.period_start,
            count(*) as caught,
            {{ quantile_of("leads.lead_days", 0.5) }} as median_lead_days
        from periods
        inner join leads on periods.rule_id = leads.rule_id and periods.quarter = leads.period_start
        group by periods.rule_id, periods.period_type, periods.period_start
    ),

    final as (
        select
            counted.rule_id,
            counted.period_type,
            counted.period_start,
            counted.period_end,
            cast(counted.fired as bigint) as fired,
            cast(counted.suppressed as bigint) as suppressed,
            cast(counted.judged as bigint) as judged,
            cast(counted.hits as bigint) as hits,
            {{ share("counted.hits", "counted.judged") }} as precision_rate,
            {{ wilson_low("counted.hits", "counted.judged") }} as precision_rate_low,
            {{ wilson_high("counted.hits", "counted.judged") }} as precision_rate_high,
            cast(counted.losses as bigint) as losses,
            coalesce(caught.caught, 0) as caught,
            {{ share("coalesce(caught.caught, 0)", "counted.losses") }} as recall_rate,
            {{ wilson_low("coalesce(caught.caught, 0)", "counted.losses") }} as recall_rate_low,
            {{ wilson_high("coalesce(caught.caught, 0)", "counted.losses") }} as recall_rate_high,
            cast(caught.median_lead_days as double) as median_lead_days,
            cast(counted.acted as bigint) as acted,
            cast(counted.action_judged as bigint) as action_judged,
            {{ share("counted.acted", "counted.action_judged") }} as action_rate,
            {{ wilson_low("counted.acted", "counted.action_judged") }} as action_rate_low,
            {{ wilson_high("counted.acted", "counted.action_judged") }} as action_rate_high,
            cast(counted.base_accounts as bigint) as base_accounts,
            cast(counted.base_hits as bigint) as base_hits,
            {{ share("counted.base_hits", "counted.base_accounts") }} as base_rate,
            {{ share("counted.hits", "counted.judged") }}
            / nullif({{ share("counted.base_hits", "counted.base_accounts") }}, 0) as lift,
            counted.judged < settings.low_n as is_low_n,
            context.as_of as as_of_date,
            context.config_version
        from counted
        cross join settings
        cross join context
        left join
            caught
            on counted.rule_id = caught.rule_id
            and counted.period_type = caught.period_type
            and counted.period_start = caught.period_start
    )

select *
from final
order by rule_id, period_type, period_start
