-- Signals that follow from what an account uses, by its own readings, and what else a source counts
-- under a signal's name. Each reading is believed for so many days. A view: int_account_signal_span
-- alone reads it.
{{ config(schema="core", materialized="view") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (
        select models.usage_max_age_d
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    accounts as ({{ account_numbers(ref("usage")) }}),

    readings as (
        select
            accounts.account_number,
            usage."on" as day,
            max(case when metric = 'active_users' then value end) as active_users,
            max(case when metric = 'licences_used' then value end) as licences_used,
            max(case when metric = 'licences_billable' then value end) as licences_billable
        from {{ ref("usage") }} as usage
        inner join accounts on usage.account_id = accounts.account_id
        where
            usage.metric in ('active_users', 'licences_used', 'licences_billable')
            and {{ is_signal_named(["usage_change_28d", "utilisation"]) }}
        group by accounts.account_number, usage."on"
    ),

    -- The highest number of 28 days changes only where a reading comes in or leaves.
    turns as (
        select account_number, day, active_users, day as read_on
        from readings
        where active_users is not null
        union all
        select account_number, {{ add_days("day", 28) }} as day, null, null
        from readings
        where active_users is not null
        union all
        select account_number, {{ add_days("day", 56) }} as day, null, null
        from readings
        where active_users is not null
    ),

    turn_days as (
        select account_number, day, max(active_users) as active_users, max(read_on) as read_on
        from turns
        group by account_number, day
    ),

    highest as (
        select
            account_number,
            day,
            max(active_users) over (
                partition by account_number
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 27 preceding and current row
            ) as highest_lately,
            max(active_users) over (
                partition by account_number
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 55 preceding and 28 preceding
            ) as highest_before,
            max(read_on) over (
                partition by account_number order by {{ days_between("date '1970-01-01'", "day") }}
            ) as read_on,
            lead(day) over (
                partition by account_number order by {{ days_between("date '1970-01-01'", "day") }}
            ) as next_day
        from turn_days
    ),

    changes as (
        select
            account_number,
            'usage_change_28d' as signal,
            day,
            next_day,
            round(highest_lately / nullif(highest_before, 0) - 1, 9) as number,
            read_on
        from highest
    ),

    licences as (
        select
            account_number,
            day,
            {{ last_known("licences_used") }} over until_then as used,
            {{ last_known("licences_billable") }} over until_then as billable,
            max(case when licences_used is not null then day end) over until_then as used_on,
            max(case when licences_billable is not null then day end) over until_then
            as billable_on,
            lead(day) over until_then as next_day
        from readings
        window until_then as (partition by account_number order by day)
    ),

    counted as (
        select account_id, metric as signal, "on" as day, max(value) as number
        from {{ ref("usage") }}
        where
            metric in ('payment_failed', 'full_export_requested')
            and {{ is_signal_named(["payment_failed", "full_export_requested"]) }}
        group by account_id, metric, "on"
    ),

    -- What is known of licences once stays known: the next reading is the next of these too.
    spans as (
        select
            accounts.account_id,
            numbered.signal,
            numbered.day,
            numbered.next_day,
            numbered.number,
            numbered.read_on
        from
            (
                select account_number, signal, day, next_day, number, read_on
                from changes
                union all
                select
                    account_number,
                    'utilisation',
                    day,
                    next_day,
                    round(used / nullif(billable, 0), 9),
                    least(used_on, billable_on)
                from licences
                where used is not null and billable is not null
            ) as numbered
        inner join accounts on numbered.account_number = accounts.account_number
        union all
        select
            account_id,
            signal,
            day,
            lead(day) over (partition by account_id, signal order by day) as next_day,
            number,
            day as read_on
        from counted
    ),

    aged as (
        select
            spans.account_id,
            spans.signal,
            spans.day,
            least(
                coalesce(spans.next_day, date '9999-12-31'), {{ add_days("context.as_of", 1) }}
            ) as next_day,
            spans.number,
            {{ add_days("spans.read_on", "settings.usage_max_age_d + 1") }} as stale_from
        from spans
        cross join settings
        cross join context
        where spans.number is not null
    ),

    pieces as (
        select
            account_id,
            signal,
            day,
            least(next_day, stale_from) as next_day,
            number,
            true as is_fresh
        from aged
        where day < stale_from
        union all
        select account_id, signal, greatest(day, stale_from), next_day, number, false
        from aged
        where stale_from < next_day
    ),

    final as (
        select
            account_id,
            signal,
            day,
            next_day,
            case
                when signal in ('payment_failed', 'full_export_requested')
                then case when number <> 0 then 'true' else 'false' end
            end as value,
            case
                when signal not in ('payment_failed', 'full_export_requested') then number
            end as number,
            is_fresh
        from pieces
        where day < next_day
    )

select *
from final
