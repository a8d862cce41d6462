-- Business days of the calendars that accounts have, counted from the first day on. The calendar
-- without a name knows weekends only.
{{ config(schema="core") }}
with
    days as (select day from {{ ref("int_day") }}),

    calendars as (
        select calendar
        from {{ ref("int_account_calendar") }}
        union
        select '' as calendar
    ),

    holidays as (select distinct calendar, day from {{ source("meta", "holiday") }}),

    judged as (
        select
            calendars.calendar,
            days.day,
            {{ is_weekday("days.day") }} and holidays.day is null as is_business_day
        from calendars
        cross join days
        left join holidays on calendars.calendar = holidays.calendar and days.day = holidays.day
    ),

    final as (
        select
            calendar,
            day,
            is_business_day,
            count(case when is_business_day then day end) over (
                partition by calendar order by day
            ) as business_day_number
        from judged
    )

select *
from final
order by calendar, day
