-- The calendar that says which days are business days for each account, and its time zone.
{{ config(schema="core") }}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    accounts as (select * from {{ ref("accounts") }}),

    calendars as (select name, calendar from {{ source("meta", "business_calendar") }}),

    final as (
        select
            accounts.account_id,
            coalesce(calendars.calendar, '') as calendar,
            coalesce(accounts.business_calendar, accounts.country) as calendar_asked_for,
            coalesce(accounts.time_zone, context.time_zone) as time_zone,
            accounts.source_name
        from accounts
        cross join context
        left join
            calendars
            on lower(coalesce(accounts.business_calendar, accounts.country)) = calendars.name
    )

select *
from final
order by account_id
