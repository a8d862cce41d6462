-- Accepted activities, by account and the standards that the account was ever owed: completed, of a
-- type that settles the standard, with a customer present or addressed, by the team. What a record
-- leaves open speaks for it: absent is not zero.
{{ config(schema="core") }}
with
    teams as ({{ lists_with_the_team() }}),

    standards as (select * from {{ ref("int_obligation_standard") }}),

    standard_types as (
        select
            standard_number, is_automation_allowed, {{ rows_of("accepted_types") }} as activity_type
        from standards
        where schedule_type in {{ schedules_settled_by_touch() }}
    ),

    owed as (
        select account_id, family, standard_number, min(owed_from) as owed_from
        from {{ ref("int_obligation_spell") }}
        group by account_id, family, standard_number
    ),

    owed_types as (
        select
            owed.account_id,
            owed.family,
            owed.standard_number,
            -- The window of an onboarding opens 90 days before its account's first day.
            {{ add_days("owed.owed_from", -90) }} as counts_from,
            standard_types.activity_type,
            standard_types.is_automation_allowed
        from owed
        inner join standard_types on owed.standard_number = standard_types.standard_number
    ),

    touches as (
        select
            activities.account_id,
            activities.activity_id,
            activities.type,
            activities.started_on,
            activities.started_at,
            activities.is_automated
        from {{ ref("fct_activity") }} as activities
        where
            activities.status = 'completed'
            and activities.account_id is not null
            and activities.type in (select activity_type from standard_types)
            and {{ is_by_the_team("activities", "teams") }}
            and (
                activities.type in {{ activity_types_without_customer() }}
                or {{ is_with_customer("activities") }}
            )
    ),

    final as (
        select
            owed_types.account_id,
            owed_types.family,
            owed_types.standard_number,
            touches.activity_id,
            touches.started_on as touched_on,
            touches.started_at
        from touches
        inner join
            owed_types
            on touches.account_id = owed_types.account_id
            and touches.type = owed_types.activity_type
            and touches.started_on >= owed_types.counts_from
        where owed_types.is_automation_allowed or not coalesce(touches.is_automated, false)
    )

select *
from final
