-- A trigger fires while its rule holds, after its cooldown, and is acted on afterwards; an account
-- has at most one time of a rule open; every alert has a plan and somebody who owns it.
{{ config(meta={"dagster": {"ref": {"name": "fct_playbook_trigger"}}}) }}
with
    triggers as (select * from {{ ref("fct_playbook_trigger") }}),

    followed as (
        select
            *,
            lag(cooldown_until) over (
                partition by account_id, rule_id, fired_on is null order by became_true_on
            ) as cooldown_before,
            lag(coalesce(ended_on, date '9999-12-31')) over (
                partition by account_id, rule_id order by became_true_on
            ) as ended_before
        from triggers
    )

select trigger_id as id, 'trigger' as kind
from followed
where
    fired_on < became_true_on
    or fired_on >= ended_on
    or fired_on > as_of_date
    or (fired_on is null) = (suppressed_by is null)
    or (fired_on is not null and fired_on < cooldown_before)
    or ended_before > became_true_on
    or acted_at < fired_at - interval '14' hour
    or (is_acted and acted_at is null)
    or (outcome is null) <> (fired_on is null)
    or json_valid(cast(evidence as varchar)) is not true
union all
select alert_id, 'alert'
from {{ ref("fct_crisis_alert") }}
where
    plan_id is null
    or owner is null
    or first_on > last_on
    or is_open = (closed_on is not null)
    or events < 1
    or unexpected_events > events
    or p_value not between 0
    and 1
