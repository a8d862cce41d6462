-- What happened to each obligation, in order: opened, moved by a pause, missed, fulfilled,
-- excluded. Derived from the ledger, so that it always agrees with it.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    obligations as (select * from {{ ref("fct_obligation") }}),

    moved as (
        select obligations.obligation_id, min(pauses.paused_from) as moved_on
        from obligations
        inner join
            {{ ref("int_pause") }} as pauses
            on obligations.account_id = pauses.account_id
            and obligations.family = pauses.family
            and pauses.paused_from > obligations.opened_on
            and pauses.paused_from <= obligations.due_on
        where obligations.due_on <> obligations.original_due_on
        group by obligations.obligation_id
    ),

    -- How many events of each kind an obligation has, none or one: what came before numbers what
    -- follows.
    counted as (
        select
            obligations.obligation_id,
            obligations.opened_on,
            obligations.closes_on,
            obligations.timeliness,
            obligations.quality,
            obligations.disposition,
            obligations.exclusion_reason,
            obligations.excluded_on,
            obligations.fulfilled_on,
            obligations.is_short_notice,
            moved.moved_on,
            case when moved.obligation_id is not null then 1 else 0 end as moves,
            case when obligations.timeliness in ('missed', 'late') then 1 else 0 end as misses,
            case when obligations.fulfilled_on is not null then 1 else 0 end as fulfilments
        from obligations
        left join moved on obligations.obligation_id = moved.obligation_id
    ),

    events as (
        select
            obligation_id,
            1 as event_number,
            opened_on as happened_on,
            'opened' as event,
            cast(null as varchar) as old_status,
            'open' as new_status,
            case when is_short_notice then 'short_notice' end as reason
        from counted
        union all
        select
            obligation_id,
            2 as event_number,
            moved_on as happened_on,
            'due_moved' as event,
            'open' as old_status,
            'open' as new_status,
            'pause' as reason
        from counted
        where moves = 1
        union all
        select
            obligation_id,
            2 + moves as event_number,
            {{ add_days("closes_on", 1) }} as happened_on,
            'missed' as event,
            'open' as old_status,
            'missed' as new_status,
            cast(null as varchar) as reason
        from counted
        where misses = 1
        union all
        select
            obligation_id,
            2 + moves + misses as event_number,
            fulfilled_on as happened_on,
            'fulfilled' as event,
            case when timeliness = 'late' then 'missed' else 'open' end as old_status,
            timeliness as new_status,
            quality as reason
        from counted
        where fulfilments = 1
        union all
        select
            obligation_id,
            2 + moves + misses + fulfilments as event_number,
            excluded_on as happened_on,
            'excluded' as event,
            timeliness as old_status,
            'excluded' as new_status,
            exclusion_reason as reason
        from counted
        where disposition = 'excluded'
    ),

    final as (
        select
            events.obligation_id,
            cast(events.event_number as integer) as event_number,
            events.happened_on,
            events.event,
            events.old_status,
            events.new_status,
            events.reason,
            context.as_of as as_of_date,
            context.config_version
        from events
        cross join context
    )

select *
from final
