-- What customers wait for an answer to, and when they got it: tickets, and messages outside of
-- tickets. An answer to a message is the next that anyone of the team sends the account.
{{ config(schema="core") }}
with
    teams as ({{ lists_with_the_team() }}),

    carried as (
        select source_name
        from {{ ref("canonical_fields") }}
        where entity = 'tickets' and field = 'first_response_at' and is_carried
    ),

    tickets as (
        select tickets.*
        from {{ ref("tickets") }} as tickets
        inner join carried on tickets.source_name = carried.source_name
    ),

    activities as (
        select
            account_id,
            activity_id,
            started_at,
            direction,
            channel,
            ticket_id,
            is_automated,
            user_emails
        from {{ ref("fct_activity") }}
        where
            status = 'completed' and account_id is not null and direction in ('inbound', 'outbound')
    ),

    messages as (
        select account_id, activity_id, started_at
        from activities
        where direction = 'inbound' and channel in ('email', 'chat', 'in_app') and ticket_id is null
    ),

    answers as (
        select
            activities.account_id,
            activities.activity_id,
            activities.started_at,
            row_number() over (
                partition by activities.account_id
                order by activities.started_at, activities.activity_id
            ) as answer_number
        from activities
        where
            activities.direction = 'outbound'
            and not coalesce(activities.is_automated, false)
            and {{ is_by_the_team("activities", "teams") }}
    ),

    in_order as (
        select account_id, activity_id, started_at, 0 as is_answer
        from messages
        union all
        select account_id, activity_id, started_at, 1 as is_answer
        from answers
    ),

    answered as (
        select
            *,
            sum(is_answer) over (
                partition by account_id
                order by started_at, is_answer desc, activity_id
                rows between unbounded preceding and current row
            ) as answers_before
        from in_order
    ),

    final as (
        select
            account_id,
            concat('ticket:', ticket_id) as cycle_key,
            opened_at as triggered_at,
            first_response_at as answered_at,
            cast(null as varchar) as activity_id
        from tickets
        union all
        select
            answered.account_id,
            concat('message:', answered.activity_id) as cycle_key,
            answered.started_at as triggered_at,
            answers.started_at as answered_at,
            answers.activity_id
        from answered
        left join
            answers
            on answered.account_id = answers.account_id
            and answered.answers_before + 1 = answers.answer_number
        where answered.is_answer = 0
    )

select *
from final
