-- One cycle for each term end, in a window before it. It opens on the first day of that window on
-- which the family is owed. Where the contract began inside the window there is less notice: due
-- two weeks after its start at the earliest, and not at all when that falls after the term end.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    contracts as (
        select contract_id, account_id, starts_on, ends_on
        from {{ ref("fct_contract") }}
        where starts_on <= ends_on
    ),

    standards as (
        select standard_number, open_d, due_d
        from {{ ref("int_obligation_standard") }}
        where schedule_type = 'lead_to_event'
    ),

    dated as (
        select
            spells.account_id,
            spells.family,
            spells.schedule_type,
            spells.standard_number,
            spells.owed_from,
            spells.owed_to,
            spells.run_to,
            spells.run_end_reason,
            contracts.contract_id,
            contracts.starts_on,
            contracts.ends_on,
            {{ add_days("contracts.ends_on", "-standards.open_d") }} as opens_on,
            {{ add_days("contracts.ends_on", "-standards.due_d") }} as usually_due_on
        from {{ ref("int_obligation_spell") }} as spells
        inner join standards on spells.standard_number = standards.standard_number
        inner join contracts on spells.account_id = contracts.account_id
    ),

    noticed as (
        select
            *,
            starts_on > opens_on as is_short_notice,
            case
                when starts_on > opens_on
                then greatest(usually_due_on, {{ add_days("starts_on", 14) }})
                else usually_due_on
            end as due_on,
            greatest(owed_from, opens_on, starts_on) as window_open_on
        from dated
    ),

    opened as (
        select
            noticed.*,
            row_number() over (
                partition by noticed.account_id, noticed.family, noticed.contract_id
                order by noticed.window_open_on
            ) as place
        from noticed
        cross join context
        where
            noticed.window_open_on <= least(noticed.due_on, noticed.ends_on, context.as_of)
            and coalesce(noticed.window_open_on < noticed.owed_to, true)
    ),

    final as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            concat('renewal:', contract_id) as cycle_key,
            window_open_on,
            due_on,
            case when run_to <= due_on then run_to end as ended_on,
            case when run_to <= due_on then run_end_reason end as end_reason,
            is_short_notice,
            is_short_notice and due_on > ends_on as is_late_notice,
            {{ add_days("ends_on", 90) }} as searched_until
        from opened
        where place = 1
    )

select *
from final
