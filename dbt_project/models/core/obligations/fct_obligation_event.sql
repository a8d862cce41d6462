-- What happened to each obligation, in order: opened, moved by a pause, missed, fulfilled,
-- excluded. Derived from the ledger, so that it always agrees with it.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    obligations as (select * from {{ ref("fct_obligation") }}),

    events as (
        select
            obligation_id,
            1 as place,
            opened_on as happened_on,
            'opened' as event,
            cast(null as varchar) as old_status,
            'open' as new_status,
            case when is_short_notice then 'short_notice' end as reason
        from obligations
        union all
        select
            obligations.obligation_id,
            2 as place,
            min(pauses.paused_from) as happened_on,
            'due_moved' as event,
            'open' as old_status,
            'open' as new_status,
            'pause' as reason
        from obligations
        inner join
            {{ ref("int_pause") }} as pauses
            on obligations.account_id = pauses.account_id
            and obligations.family = pauses.family
            and pauses.paused_from > obligations.opened_on
            and pauses.paused_from <= obligations.due_on
        where obligations.due_on <> obligations.original_due_on
        group by obligations.obligation_id
        union all
        select
            obligation_id,
            3 as place,
            {{ add_days("closes_on", 1) }} as happened_on,
            'missed' as event,
            'open' as old_status,
            'missed' as new_status,
            cast(null as varchar) as reason
        from obligations
        where timeliness in ('missed', 'late')
        union all
        select
            obligation_id,
            4 as place,
            fulfilled_on as happened_on,
            'fulfilled' as event,
            case when timeliness = 'late' then 'missed' else 'open' end as old_status,
            timeliness as new_status,
            quality as reason
        from obligations
        where fulfilled_on is not null
        union all
        select
            obligation_id,
            5 as place,
            excluded_on as happened_on,
            'excluded' as event,
            timeliness as old_status,
            'excluded' as new_status,
            exclusion_reason as reason
        from obligations
        where disposition = 'excluded'
    ),

    final as (
        select
            events.obligation_id,
            cast(
                row_number() over (
                    partition by events.obligation_id order by events.place
                ) as integer
            ) as event_number,
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
