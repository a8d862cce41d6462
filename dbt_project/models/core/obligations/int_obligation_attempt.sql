-- How often each obligation's customer was tried in vain within its window: no-shows, bounces and
-- calls or messages without an answer.
{{ config(schema="core") }}
with
    calendars as (select account_id, calendar from {{ ref("int_account_calendar") }}),

    business_days as (select * from {{ ref("int_business_day") }}),

    attempts as (
        select
            activities.account_id,
            activities.started_on,
            activities.channel,
            days.business_day_number
        from {{ ref("fct_activity") }} as activities
        left join calendars on activities.account_id = calendars.account_id
        left join
            business_days as days
            on calendars.calendar = days.calendar
            and activities.started_on = days.day
        where
            activities.account_id is not null
            and activities.status in ('no_show', 'bounced', 'unanswered')
            and coalesce(activities.direction, 'outbound') = 'outbound'
    ),

    obligations as (
        select obligation_id, account_id, window_open_on, closes_on from {{ ref("int_obligation") }}
    ),

    final as (
        select
            obligations.obligation_id,
            count(*) as attempts,
            count(distinct attempts.channel) as channels,
            max(attempts.business_day_number)
            - min(attempts.business_day_number) as business_days_apart
        from obligations
        inner join
            attempts
            on obligations.account_id = attempts.account_id
            and attempts.started_on >= obligations.window_open_on
            and attempts.started_on <= obligations.closes_on
        group by obligations.obligation_id
    )

select *
from final
