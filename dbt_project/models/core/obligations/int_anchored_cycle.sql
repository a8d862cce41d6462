-- One cycle for each family of the tier of an account's first active day; later tiers and families
-- have none. The window opens 90 days before.
{{ config(schema="core") }}
with
    first_days as (
        select account_id, min(valid_from) as first_active_on
        from {{ ref("tier_membership_scd2") }}
        group by account_id
    ),

    standards as (
        select standard_number, due_d
        from {{ ref("int_obligation_standard") }}
        where schedule_type = 'anchored'
    ),

    dated as (
        select
            spells.*,
            first_days.first_active_on,
            {{ add_days("first_days.first_active_on", "standards.due_d") }} as due_on
        from {{ ref("int_obligation_spell") }} as spells
        inner join standards on spells.standard_number = standards.standard_number
        inner join
            first_days
            on spells.account_id = first_days.account_id
            and spells.owed_from = first_days.first_active_on
    ),

    final as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            concat('anchored:', cast(first_active_on as varchar)) as cycle_key,
            first_active_on as opened_on,
            {{ add_days("first_active_on", -90) }} as window_open_on,
            due_on,
            case when run_to <= due_on then run_to end as ended_on,
            case when run_to <= due_on then run_end_reason end as end_reason
        from dated
    )

select *
from final
