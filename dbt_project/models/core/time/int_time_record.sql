-- Who did what when, and what kind of time it was: one row a person of an activity, and a time
-- entry.
-- How long each took is as recorded here; what of it counts is not asked. A view: fct_activity_time
-- alone reads it.
{{ config(schema="core", materialized="view") }}
with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    users as (
        select email, min_by(time_zone, user_id) as time_zone, min(user_id) as user_id
        from {{ ref("users") }}
        where email is not null
        group by email
    ),

    carried as (select {{ is_entity_carried("users") }} as has_users),

    calendars as (select * from {{ ref("int_account_calendar") }}),

    memberships as (select * from {{ ref("tier_membership_scd2") }}),

    models as (select * from {{ ref("cfg_model") }}),

    standards as (select * from {{ ref("cfg_standard") }}),

    activities as (
        select *
        from {{ ref("fct_activity") }}
        where status = 'completed' and not coalesce(is_automated, false)
    ),

    entries as (
        select
            time_entries.*,
            {{ seconds_of_day(local_time("time_entries.started_at", "context.time_zone")) }}
            = 0 as is_midnight
        from {{ ref("time_entries") }} as time_entries
        cross join context
    ),

    -- A date without a time of the day was read as its midnight. Of a source that has times of the
    -- day, too, an entry may begin at midnight indeed: somewhere it is ten in the morning then.
    sources_of_days as (
        select source_name
        from entries
        group by source_name
        having 2 * count(case when is_midnight then 1 end) > count(*)
    ),

    triggers as (select * from {{ ref("int_response_trigger") }} where activity_id is not null),

    -- What a standard takes, by the types of activity that settle it: all people together, all in.
    accepted as (
        select holds_from, tier_id, expected_minutes, {{ rows_of("accepts") }} as activity_type
        from standards
        where expected_minutes > 0
    ),

    expected as (
        select holds_from, tier_id, activity_type, max(expected_minutes) as expected_minutes
        from accepted
        where activity_type not in ({{ plain_activity_types() }})
        group by holds_from, tier_id, activity_type
    ),

    answered as (
        select
            triggers.activity_id,
            calendars.calendar,
            {{ local_date("triggers.triggered_at", "calendars.time_zone") }} as triggered_on,
            {{ local_date("triggers.answered_at", "calendars.time_zone") }} as answered_on
        from triggers
        inner join calendars on triggers.account_id = calendars.account_id
    ),

    answers as (
        select distinct answered.activity_id
        from
            answered
            {{ joined_business_day("deadline", "answered.calendar", "answered.triggered_on", 2) }}
        where answered.answered_on <= deadline.day
    ),

    people as (
        select distinct activity_id, {{ rows_of("user_emails") }} as user_email from activities
    ),

    participants as (
        select people.activity_id, count(*) as people
        from people
        cross join carried
        left join users on people.user_email = users.email
        where users.email is not null or not carried.has_users
        group by people.activity_id
    ),

    recorded as (
        select
            activities.activity_id,
            cast(null as varchar) as entry_id,
            people.user_email,
            participants.people,
            activities.account_id,
            activities.started_at,
            activities.minutes,
            activities.type,
            coalesce(lower(activities.work_type), activities.type) as work_type,
            cast(null as varchar) as written_category,
            activities.ticket_id,
            activities.direction,
            coalesce(
                activities.channel,
                case when activities.type in ('email', 'call', 'meeting') then activities.type end
            ) as channel,
            answers.activity_id is not null as is_answer,
            false as tells_only_a_day,
            {{ is_with_customer("activities") }}
            and (
                activities.type not in {{ types_of_work_without_customer() }}
                or coalesce(activities.customer_attendees > 0, false)
                or coalesce(activities.direction = 'outbound', false)
            ) as is_with_customer
        from activities
        inner join people on activities.activity_id = people.activity_id
        left join participants on activities.activity_id = participants.activity_id
        left join answers on activities.activity_id = answers.activity_id
        union all
        select
            cast(null as varchar) as activity_id,
            entry_id,
            user_email,
            cast(null as bigint) as people,
            account_id,
            started_at,
            minutes,
            case
                when lower(work_type) in ({{ known_values("activities", "type") }})
                then lower(work_type)
            end as type,
            lower(work_type) as work_type,
            category as written_category,
            cast(null as varchar) as ticket_id,
            cast(null as varchar) as direction,
            cast(null as varchar) as channel,
            false as is_answer,
            is_midnight
            and source_name in (select source_name from sources_of_days) as tells_only_a_day,
            coalesce(
                lower(work_type) in ({{ known_values("activities", "type") }})
                and lower(work_type) not in {{ types_of_work_without_customer() }},
                false
            ) as is_with_customer
        from entries
    ),

    of_the_team as (
        select
            recorded.*,
            users.user_id,
            coalesce(users.time_zone, context.time_zone) as time_zone,
            {{
                local_date(
                    "recorded.started_at",
                    "case when recorded.tells_only_a_day then context.time_zone else coalesce(users.time_zone, context.time_zone) end",
                )
            }}
            as worked_on
        from recorded
        cross join context
        cross join carried
        left join users on recorded.user_email = users.email
        where users.email is not null or not carried.has_users
    ),

    placed as (
        select
            of_the_team.*,
            cast(date_trunc('week', of_the_team.worked_on) as date) as week_start,
            memberships.assigned_tier_id as tier_id,
            models.prep_counts_as,
            coalesce(
                {{ has_element("models.admin_work_types", "of_the_team.work_type") }}, false
            ) as is_admin,
            of_the_team.account_id is not null
            and (
                coalesce(of_the_team.type = 'internal_prep', false)
                or coalesce(of_the_team.work_type in ('meeting_prep', 'internal_prep'), false)
            ) as is_preparation,
            coalesce(
                expected.expected_minutes / of_the_team.people,
                case
                    of_the_team.channel
                    when 'email'
                    then models.usual_email_minutes
                    when 'chat'
                    then models.usual_chat_minutes
                    when 'call'
                    then models.usual_call_minutes
                    when 'meeting'
                    then models.usual_meeting_minutes
                end,
                0
            ) as usual_minutes
        from of_the_team
        inner join context on of_the_team.worked_on <= context.as_of
        left join
            models on {{ holds_on("models", "holds_from", "holds_to", "of_the_team.worked_on") }}
        left join
            memberships
            on of_the_team.account_id = memberships.account_id
            and {{ holds_on("memberships", "valid_from", "valid_to", "of_the_team.worked_on") }}
        left join
            expected
            on models.holds_from = expected.holds_from
            and memberships.assigned_tier_id = expected.tier_id
            and of_the_team.type = expected.activity_type
            and of_the_team.entry_id is null
    ),

    reasoned as (
        select
            *,
            case
                when entry_id is not null and work_type in {{ time_off() }}
                then 'away'
                when
                    written_category = 'internal'
                    and is_preparation
                    and prep_counts_as = 'proactive'
                then 'preparation'
                when written_category is not null
                then 'written'
                when ticket_id is not null
                then 'ticket'
                when type = 'escalation_call'
                then 'escalation'
                when type = 'support'
                then 'support'
                when type = 'risk_update'
                then 'risk'
                when direction = 'inbound'
                then 'inbound'
                when is_answer
                then 'answer'
                when is_preparation
                then 'preparation'
                when type in ('internal_prep', 'internal_team') or direction = 'internal'
                then 'team'
                when is_admin
                then 'admin'
                -- What an entry names that nobody knows, nobody can judge.
                when account_id is null or type is null
                then 'unclassified'
                when is_with_customer
                then 'customer'
                else 'account_work'
            end as reason
        from placed
    ),

    categorised as (
        select
            *,
            case
                when reason = 'away'
                then 'not_working'
                when reason = 'written'
                then written_category
                when reason in ('ticket', 'escalation', 'support', 'risk', 'inbound', 'answer')
                then 'reactive'
                when reason = 'preparation'
                then case prep_counts_as when 'proactive' then 'proactive' else 'internal' end
                when reason = 'customer'
                then 'proactive'
                when reason in ('team', 'admin', 'account_work')
                then 'internal'
                else 'unclassified'
            end as category
        from reasoned
    ),

    final as (
        select
            {{ fingerprint(["activity_id", "entry_id", "user_email"]) }} as activity_time_id,
            activity_id,
            entry_id,
            coalesce(entry_id, activity_id) as record_id,
            user_id,
            user_email,
            time_zone,
            account_id,
            tier_id,
            started_at,
            worked_on,
            week_start,
            minutes as recorded_minutes,
            usual_minutes,
            tells_only_a_day,
            category,
            case
                when category in ('proactive', 'reactive')
                then 'customer'
                when category <> 'internal'
                then null
                when reason in ('written', 'admin') and is_admin
                then 'admin'
                when account_id is not null
                then 'account'
                else 'other'
            end as subcategory,
            work_type,
            reason,
            ticket_id
        from categorised
    )

select *
from final
