-- Signals that follow from who was in touch with whom: meetings and messages, attempts in vain,
-- tickets, and contacts who left. A view: int_account_signal_span alone reads it.
{{ config(schema="core", materialized="view") }}
{% set zone = "coalesce(zones.time_zone, context.time_zone)" %}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    active as (select account_id, active_from from {{ ref("int_account_active") }}),

    zones as (
        select accounts.account_id, coalesce(accounts.time_zone, context.time_zone) as time_zone
        from {{ ref("accounts") }} as accounts
        cross join context
    ),

    activities as (select * from {{ ref("fct_activity") }} where account_id is not null),

    tickets as (
        select
            tickets.account_id,
            {{ local_date("tickets.opened_at", zone) }} as day,
            tickets.contact_email
        from {{ ref("tickets") }} as tickets
        cross join context
        left join zones on tickets.account_id = zones.account_id
    ),

    contacts as (
        select account_id, lower(trim(email)) as email, personas, is_active, left_on
        from {{ ref("contacts") }}
    ),

    first_facts as (
        select
            (select min(started_on) from {{ ref("fct_activity") }}) as first_activity_on,
            (select min(day) from tickets) as first_ticket_on
    ),

    two_way as (
        select distinct account_id, started_on as day
        from activities
        where {{ is_two_way("activities") }}
    ),

    addressed as (
        select account_id, started_on as day, {{ rows_of("contact_emails") }} as email
        from activities
        where
            {{ is_two_way("activities") }}
            and {{ is_signal_named(["active_contacts_90d", "champion_inactive"]) }}
    ),

    heard as (
        select account_id, lower(trim(email)) as email, day
        from addressed
        union
        select account_id, lower(trim(contact_email)) as email, day
        from tickets
        where contact_email is not null
        union
        select
            surveys.account_id,
            lower(trim(surveys.contact_email)) as email,
            {{ local_date("surveys.responded_at", zone) }} as day
        from {{ ref("surveys") }} as surveys
        cross join context
        left join zones on surveys.account_id = zones.account_id
        where surveys.contact_email is not null
    ),

    heard_neighbours as (
        select
            account_id,
            day,
            lag(day) over (partition by account_id, email order by day) as day_before,
            lead(day) over (partition by account_id, email order by day) as next_day
        from heard
    ),

    last_heard as (
        select account_id, email, max(day) as last_on from heard group by account_id, email
    ),

    champions as (
        select
            contacts.account_id,
            case
                when contacts.left_on is not null
                then contacts.left_on
                when not contacts.is_active
                then {{ add_days("last_heard.last_on", 1) }}
            end as gone_on
        from contacts
        left join
            last_heard
            on contacts.account_id = last_heard.account_id
            and contacts.email = last_heard.email
        where
            {{ list_has("contacts.personas", "'champion'") }}
            and (
                coalesce(contacts.is_active, true)
                or contacts.left_on is not null
                or last_heard.last_on is not null
            )
    ),

    championed as (
        select
            account_id,
            case
                when count(*) = count(gone_on) then max(gone_on) else date '9999-12-31'
            end as gone_on
        from champions
        group by account_id
    ),

    owners as (
        select account_id, left_on from contacts where {{ list_has("personas", "'admin'") }}
    ),

    -- Where nothing was heard yet, since the account and the records began.
    starts as (
        select active.account_id, greatest(active.active_from, first_facts.first_activity_on) as day
        from active
        cross join first_facts
        left join
            (select account_id, min(day) as first_on from two_way group by account_id) as heard_from
            on active.account_id = heard_from.account_id
        where
            first_facts.first_activity_on is not null
            and coalesce(
                heard_from.first_on > greatest(active.active_from, first_facts.first_activity_on),
                true
            )
    ),

    silences as (
        select
            account_id,
            day,
            coalesce(
                lead(day) over (partition by account_id order by day), date '9999-12-31'
            ) as next_day
        from
            (
                select account_id, day
                from two_way
                union
                select account_id, day
                from starts
            ) as sounds
    ),

    -- An attempt counts from the last time that the customer was there.
    attempts as (
        select account_id, started_on as day, channel, started_at, activity_id, false as is_two_way
        from activities
        where
            status in ('no_show', 'bounced', 'unanswered')
            and coalesce(direction, 'outbound') = 'outbound'
        union all
        select account_id, day, null, null, null, true
        from two_way
    ),

    in_silence as (
        select
            *,
            count(case when is_two_way then 1 end) over (
                partition by account_id order by day range unbounded preceding
            ) as silence_number,
            max(case when is_two_way then day end) over (
                partition by account_id order by day range unbounded preceding
            ) as two_way_on,
            min(case when is_two_way then day end) over (
                partition by account_id
                order by {{ days_between("date '1970-01-01'", "day") }}
                range between 1 following and unbounded following
            ) as next_two_way_on
        from attempts
    ),

    vain as (
        select
            in_silence.account_id,
            in_silence.silence_number,
            in_silence.day,
            in_silence.next_two_way_on,
            days.business_day_number,
            row_number() over (
                partition by in_silence.account_id, in_silence.silence_number, in_silence.channel
                order by in_silence.started_at, in_silence.activity_id
            )
            = 1
            and in_silence.channel is not null as is_new_channel
        from in_silence
        left join
            {{ ref("int_account_calendar") }} as calendars
            on in_silence.account_id = calendars.account_id
        left join
            {{ ref("int_business_day") }} as days
            on calendars.calendar = days.calendar
            and in_silence.day = days.day
        where not in_silence.is_two_way and coalesce(in_silence.two_way_on < in_silence.day, true)
    ),

    tried as (
        select
            account_id,
            silence_number,
            day,
            next_two_way_on,
            count(*) over tries as attempts,
            count(case when is_new_channel then 1 end) over tries as channels,
            business_day_number - min(business_day_number) over tries as business_days_apart
        from vain
        window tries as (partition by account_id, silence_number order by day)
    ),

    gave_no_answer as (
        select tried.account_id, min(tried.day) as day, min(tried.next_two_way_on) as next_day
        from tried
        inner join
            {{ ref("cfg_model") }} as settings
            on {{ holds_on("settings", "holds_from", "holds_to", "tried.day") }}
        where
            tried.attempts >= settings.unresponsive_attempts
            and tried.channels >= settings.unresponsive_channels
            and tried.business_days_apart >= settings.unresponsive_spread_bd
        group by tried.account_id, tried.silence_number
    ),

    first_words as (
        select active.account_id, min(words.day) as day
        from (select distinct account_id from active) as active
        left join
            (
                select account_id, started_on as day
                from activities
                where status = 'completed' and direction = 'inbound'
                union all
                select account_id, day
                from tickets
            ) as words
            on active.account_id = words.account_id
        group by active.account_id
    ),

    events as (
        select account_id, 'active_contacts_90d' as signal, day, 1 as change
        from heard_neighbours
        where coalesce({{ add_days("day_before", 90) }} < day, true)
        union all
        select account_id, 'active_contacts_90d', {{ add_days("day", 90) }}, -1
        from heard_neighbours
        where coalesce({{ add_days("day", 90) }} < next_day, true)
        union all
        select account_id, 'tickets_30d', day, 1
        from tickets
        union all
        select account_id, 'tickets_30d', {{ add_days("day", 30) }}, -1
        from tickets
        union all
        select account_id, 'champion_inactive', gone_on, 1
        from championed
        union all
        select account_id, 'owner_role_removed_14d', left_on, 1
        from owners
        union all
        select account_id, 'owner_role_removed_14d', {{ add_days("left_on", 14) }}, -1
        from owners
        union all
        select account_id, 'unresponsive', day, 1
        from gave_no_answer
        union all
        select account_id, 'unresponsive', next_day, -1
        from gave_no_answer
        union all
        select account_id, 'never_heard_from', date '0001-01-01', 1
        from first_words
        union all
        select account_id, 'never_heard_from', day, -1
        from first_words
        -- What never happened is nothing, not unknown.
        union all
        select account_id, signal, date '0001-01-01', 0
        from active
        cross join
            (values ('active_contacts_90d'), ('tickets_30d'), ('unresponsive')) as always_told(
                signal
            )
        union all
        select account_id, 'champion_inactive', date '0001-01-01', 0
        from championed
        union all
        select account_id, 'owner_role_removed_14d', date '0001-01-01', 0
        from owners
    ),

    totals as (
        select
            account_id, signal, day, lead(day) over told as next_day, sum(change) over told as total
        from
            (
                select account_id, signal, day, sum(change) as change
                from events
                where day is not null
                group by account_id, signal, day
            ) as daily
        window told as (partition by account_id, signal order by day)
    ),

    spans as (
        select
            account_id,
            signal,
            day,
            next_day,
            case
                when signal in ('active_contacts_90d', 'tickets_30d')
                then null
                when total > 0
                then 'true'
                else 'false'
            end as value,
            cast(
                case when signal in ('active_contacts_90d', 'tickets_30d') then total end as double
            ) as number,
            0 as step
        from totals
        where day < date '9999-12-31'
        union all
        select account_id, 'days_since_two_way', day, next_day, null, 0, 1
        from silences
    ),

    -- What is counted is known once records of it have begun.
    recorded as (
        select
            spans.*,
            case
                spans.signal
                when 'active_contacts_90d'
                then (select min(day) from heard)
                when 'tickets_30d'
                then first_facts.first_ticket_on
                when 'unresponsive'
                then first_facts.first_activity_on
                when 'never_heard_from'
                then least(first_facts.first_activity_on, first_facts.first_ticket_on)
                else date '0001-01-01'
            end as known_from
        from spans
        cross join first_facts
    ),

    final as (
        select
            account_id,
            signal,
            day,
            coalesce(next_day, date '9999-12-31') as next_day,
            value,
            number,
            step,
            known_from,
            case signal when 'active_contacts_90d' then 90 else 0 end as known_after_d
        from recorded
        where known_from is not null
    )

select *
from final
