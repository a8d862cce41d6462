-- How each accepted activity does on each quality condition of a standard: pass, fail, or no_data
-- where the sources do not tell.
{{ config(schema="core") }}
with
    -- Every standard's conditions once, however many models repeat them.
    conditions as (
        select
            spans.standard_number,
            conditions."position",
            conditions.condition,
            conditions.name,
            conditions.value,
            conditions.personas,
            case
                when conditions.unit = 'business_days' then conditions.value else 0
            end as business_days
        from {{ ref("cfg_quality_condition") }} as conditions
        inner join
            {{ ref("int_standard_span") }} as spans
            on conditions.holds_from = spans.holds_from
            and conditions.tier_id = spans.tier_id
            and conditions.family = spans.family
        inner join
            (
                select standard_number, min(holds_from) as holds_from
                from {{ ref("int_standard_span") }}
                group by standard_number
            ) as first_spans
            on spans.standard_number = first_spans.standard_number
            and spans.holds_from = first_spans.holds_from
    ),

    calendars as (select * from {{ ref("int_account_calendar") }}),

    carried as (
        select
            {{ is_entity_carried("success_plans") }} as has_plans,
            {{ is_field_carried("success_plans", "objectives") }} as has_objectives
    ),

    subjects as (
        select account_id, standard_number, activity_id, touched_on
        from {{ ref("int_touch") }}
        union
        select account_id, standard_number, activity_id, answered_on as touched_on
        from {{ ref("int_response_cycle") }}
        where activity_id is not null
    ),

    touches as (
        select
            touches.account_id,
            touches.standard_number,
            touches.activity_id,
            touches.touched_on,
            activities.customer_attendees,
            activities.minutes,
            reached.personas,
            activities.notes_length,
            {{ local_date("activities.notes_at", "calendars.time_zone") }} as notes_on,
            {{ local_date("activities.follow_up_at", "calendars.time_zone") }} as follow_up_on,
            {{ list_has("activities.carried_fields", "'notes'") }} as has_notes,
            {{ list_has("activities.carried_fields", "'notes_at'") }} as has_notes_at,
            {{ list_has("activities.carried_fields", "'follow_up_at'") }} as has_follow_up,
            calendars.calendar
        from subjects as touches
        inner join
            {{ ref("fct_activity") }} as activities on touches.activity_id = activities.activity_id
        left join
            {{ ref("int_activity_persona") }} as reached
            on touches.activity_id = reached.activity_id
        left join calendars on touches.account_id = calendars.account_id
        where touches.standard_number in (select standard_number from conditions)
    ),

    plans as (select * from {{ ref("success_plans") }}),

    -- The plan as it was last updated before the touch; plans hold their last state only.
    touch_plans as (
        select
            touches.standard_number,
            touches.activity_id,
            max_by(
                plans.plan_id, concat(cast(plans.updated_on as varchar), ' ', plans.plan_id)
            ) filter (where plans.updated_on <= touches.touched_on) as plan_id,
            min(plans.updated_on) filter (
                where plans.updated_on >= touches.touched_on
            ) as next_updated_on,
            max(plans.updated_on) as last_updated_on
        from touches
        inner join plans on touches.account_id = plans.account_id
        group by touches.standard_number, touches.activity_id
    ),

    asked as (
        select
            touches.*,
            conditions."position",
            conditions.condition,
            conditions.name,
            conditions.value as wanted,
            conditions.personas as wanted_personas,
            {{ business_day_after("latest", "touches.touched_on", "conditions.business_days") }}
            as latest_on,
            touch_plans.next_updated_on as plan_updated_on,
            touch_plans.last_updated_on as plan_last_updated_on,
            touch_plans.plan_id,
            plans.objectives,
            plans.is_customer_validated
        from touches
        inner join
            conditions on touches.standard_number = conditions.standard_number
            {{
                joined_business_day(
                    "latest",
                    "touches.calendar",
                    "touches.touched_on",
                    "conditions.business_days",
                )
            }}
        left join
            touch_plans
            on touches.standard_number = touch_plans.standard_number
            and touches.activity_id = touch_plans.activity_id
        left join plans on touch_plans.plan_id = plans.plan_id
    ),

    judged as (
        select
            asked.account_id,
            asked.standard_number,
            asked.activity_id,
            asked."position",
            asked.condition,
            case
                asked.name
                when 'external_attendees'
                then asked.customer_attendees >= asked.wanted
                when 'duration'
                then asked.minutes >= asked.wanted
                when 'persona_any'
                then {{ lists_share("asked.personas", "asked.wanted_personas") }}
                when 'persona_all'
                then
                    case
                        when asked.personas is not null
                        then
                            {{
                                list_length(
                                    list_without("asked.wanted_personas", "asked.personas")
                                )
                            }} = 0
                    end
                when 'notes'
                then
                    case
                        when asked.has_notes_at
                        then coalesce(asked.notes_on <= asked.latest_on, false)
                        when asked.has_notes and asked.notes_length = 0
                        then false
                    end
                when 'follow_up'
                then
                    case
                        when asked.has_follow_up
                        then coalesce(asked.follow_up_on <= asked.latest_on, false)
                    end
                when 'plan_updated'
                then
                    case
                        when asked.plan_updated_on <= asked.latest_on
                        then true
                        when
                            carried.has_plans
                            and not coalesce(asked.plan_last_updated_on > asked.latest_on, false)
                        then false
                    end
                when 'objectives'
                then
                    case
                        when asked.plan_id is not null
                        then
                            case
                                when carried.has_objectives
                                then
                                    coalesce({{ list_length("asked.objectives") }}, 0)
                                    >= asked.wanted
                            end
                        when carried.has_plans and asked.plan_last_updated_on is null
                        then false
                    end
                when 'customer_validated'
                then
                    case
                        when asked.plan_id is not null
                        then asked.is_customer_validated
                        when carried.has_plans and asked.plan_last_updated_on is null
                        then false
                    end
            end as is_met,
            case
                asked.name
                when 'external_attendees'
                then cast(asked.customer_attendees as varchar)
                when 'duration'
                then cast(asked.minutes as varchar)
                when 'persona_any'
                then {{ list_text("asked.personas") }}
                when 'persona_all'
                then {{ list_text("asked.personas") }}
                when 'notes'
                then cast(asked.notes_on as varchar)
                when 'follow_up'
                then cast(asked.follow_up_on as varchar)
                when 'plan_updated'
                then cast(coalesce(asked.plan_updated_on, asked.plan_last_updated_on) as varchar)
                when 'objectives'
                then cast({{ list_length("asked.objectives") }} as varchar)
                when 'customer_validated'
                then cast(asked.is_customer_validated as varchar)
            end as value
        from asked
        cross join carried
    ),

    final as (
        select
            account_id,
            standard_number,
            activity_id,
            "position",
            condition,
            case when is_met then 'pass' when not is_met then 'fail' else 'no_data' end as result,
            value
        from judged
    )

select *
from final
