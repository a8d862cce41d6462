-- When each rule turned true for each account, and when it fired: then, or once no pause, snooze or
-- cooldown keeps it quiet any more.
{{ config(schema="core") }}
with recursive
    context as (select as_of from {{ source("meta", "context") }}),

    rules as (select * from {{ ref("int_playbook_rule") }}),

    held as (
        select
            conditions.account_id,
            rules.rule_id,
            greatest(conditions.holds_from, rules.holds_from) as holds_from,
            least(
                coalesce(conditions.holds_to, date '9999-12-31'),
                coalesce(rules.holds_to, date '9999-12-31')
            ) as holds_to
        from {{ ref("int_condition_span") }} as conditions
        inner join rules on conditions.predicate = rules.predicate
    ),

    in_force as (
        select
            held.account_id,
            held.rule_id,
            held.holds_from,
            held.holds_to,
            lag(held.holds_to) over (
                partition by held.account_id, held.rule_id order by held.holds_from
            ) as held_until
        from held
        cross join context
        where held.holds_from < held.holds_to and held.holds_from <= context.as_of
    ),

    numbered as (
        select
            *,
            count(case when held_until = holds_from then null else 1 end) over (
                partition by account_id, rule_id
                order by holds_from
                rows between unbounded preceding and current row
            ) as time_number
        from in_force
    ),

    times as (
        select
            account_id,
            rule_id,
            time_number,
            min(holds_from) as became_true_on,
            max(holds_to) as holds_to
        from numbered
        group by account_id, rule_id, time_number
    ),

    watched as (
        select
            times.account_id,
            times.rule_id,
            times.time_number,
            times.became_true_on,
            nullif(times.holds_to, date '9999-12-31') as ended_on,
            least(times.holds_to, {{ add_days("context.as_of", 1) }}) as last_before,
            rules.cooldown_d
        from times
        cross join context
        inner join
            rules
            on times.rule_id = rules.rule_id
            and {{ holds_on("rules", "holds_from", "holds_to", "times.became_true_on") }}
    ),

    exceptions as (
        select
            account_id,
            kind,
            family,
            "from" as quiet_from,
            case
                kind when 'pause' then least("to", {{ add_days('"from"', 90) }}) else "to"
            end as quiet_to
        from {{ ref("exceptions") }}
        where kind in ('pause', 'snooze') and "from" < "to"
    ),

    quiet_times as (
        select watched.account_id, watched.rule_id, exceptions.quiet_from, exceptions.quiet_to
        from (select distinct account_id, rule_id from watched) as watched
        inner join
            exceptions
            on watched.account_id = exceptions.account_id
            and coalesce(exceptions.family, watched.rule_id) = watched.rule_id
    ),

    quiet_reached as (
        select
            *,
            max(quiet_to) over (
                partition by account_id, rule_id
                order by quiet_from, quiet_to
                rows between unbounded preceding and 1 preceding
            ) as quiet_before
        from quiet_times
    ),

    quiet_numbered as (
        select
            *,
            count(case when quiet_before >= quiet_from then null else 1 end) over (
                partition by account_id, rule_id
                order by quiet_from, quiet_to
                rows between unbounded preceding and current row
            ) as quiet_number
        from quiet_reached
    ),

    quiet as (
        select account_id, rule_id, min(quiet_from) as quiet_from, max(quiet_to) as quiet_to
        from quiet_numbered
        group by account_id, rule_id, quiet_number
    ),

    -- Accounts and rules take their steps together: what fired keeps what follows quiet for a
    -- while.
    walk as (
        select
            watched.account_id,
            watched.rule_id,
            watched.time_number,
            watched.cooldown_d,
            watched.became_true_on,
            watched.ended_on,
            cast(null as date) as cool_before,
            case
                when coalesce(quiet.quiet_to, watched.became_true_on) < watched.last_before
                then coalesce(quiet.quiet_to, watched.became_true_on)
            end as fired_on,
            case
                when coalesce(quiet.quiet_to, watched.became_true_on) < watched.last_before
                then
                    {{
                        add_days(
                            "coalesce(quiet.quiet_to, watched.became_true_on)",
                            "watched.cooldown_d",
                        )
                    }}
            end as cooldown_until
        from watched
        left join
            quiet
            on watched.account_id = quiet.account_id
            and watched.rule_id = quiet.rule_id
            and watched.became_true_on >= quiet.quiet_from
            and watched.became_true_on < quiet.quiet_to
        where watched.time_number = 1
        union all
        select
            watched.account_id,
            watched.rule_id,
            watched.time_number,
            watched.cooldown_d,
            watched.became_true_on,
            watched.ended_on,
            walk.cooldown_until as cool_before,
            case
                when
                    coalesce(quiet.quiet_to, greatest(watched.became_true_on, walk.cooldown_until))
                    < watched.last_before
                then coalesce(quiet.quiet_to, greatest(watched.became_true_on, walk.cooldown_until))
            end as fired_on,
            case
                when
                    coalesce(quiet.quiet_to, greatest(watched.became_true_on, walk.cooldown_until))
                    < watched.last_before
                then
                    {{
                        add_days(
                            "coalesce(quiet.quiet_to, greatest(watched.became_true_on, walk.cooldown_until))",
                            "watched.cooldown_d",
                        )
                    }}
                else walk.cooldown_until
            end as cooldown_until
        from walk
        inner join
            watched
            on walk.account_id = watched.account_id
            and walk.rule_id = watched.rule_id
            and walk.time_number + 1 = watched.time_number
        left join
            quiet
            on watched.account_id = quiet.account_id
            and watched.rule_id = quiet.rule_id
            and greatest(watched.became_true_on, walk.cooldown_until) >= quiet.quiet_from
            and greatest(watched.became_true_on, walk.cooldown_until) < quiet.quiet_to
    ),

    kept_quiet as (
        select
            walk.account_id,
            walk.rule_id,
            walk.became_true_on,
            bool_or(exceptions.kind = 'pause') as is_paused,
            max(case when exceptions.kind = 'snooze' then exceptions.quiet_to end) as snoozed_until
        from walk
        inner join
            exceptions
            on walk.account_id = exceptions.account_id
            and coalesce(exceptions.family, walk.rule_id) = walk.rule_id
            and walk.became_true_on >= exceptions.quiet_from
            and walk.became_true_on < exceptions.quiet_to
        where walk.fired_on is null
        group by walk.account_id, walk.rule_id, walk.became_true_on
    ),

    final as (
        select
            walk.account_id,
            walk.rule_id,
            walk.became_true_on,
            walk.ended_on,
            walk.fired_on,
            case when walk.fired_on is not null then walk.cooldown_until end as cooldown_until,
            case
                when walk.fired_on is not null
                then null
                when kept_quiet.is_paused
                then 'pause'
                when kept_quiet.snoozed_until is not null
                then 'snooze'
                else 'cooldown'
            end as suppressed_by
        from walk
        left join
            kept_quiet
            on walk.account_id = kept_quiet.account_id
            and walk.rule_id = kept_quiet.rule_id
            and walk.became_true_on = kept_quiet.became_true_on
    )

select *
from final
order by account_id, rule_id, became_true_on
