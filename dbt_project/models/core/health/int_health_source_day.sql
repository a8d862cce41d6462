-- What is known of the sources on each wanted day, by the facts of all accounts: the newest of any
-- account tells that its source is alive.
{{ config(schema="core") }}
with
    days as (select distinct day from {{ ref("int_health_wanted_day") }}),

    carried as (
        select
            {{ is_entity_carried("tickets") }} as has_tickets,
            {{ is_field_carried("activities", "personas") }}
            or {{ is_field_carried("contacts", "personas") }} as has_personas
    ),

    seen as (
        select distinct
            started_on as day, started_on as activity_on, cast(null as date) as ticket_on
        from {{ ref("fct_activity") }}
        union all
        select distinct day, cast(null as date) as activity_on, day as ticket_on
        from {{ ref("int_health_fact") }}
        where kind = 'ticket'
    ),

    first_activity as (select min(activity_on) as first_on from seen),

    alive as (
        select days.day, max(seen.activity_on) as activity_on, max(seen.ticket_on) as ticket_on
        from days
        inner join seen on seen.day <= days.day
        group by days.day
    ),

    final as (
        select
            days.day,
            alive.activity_on,
            alive.ticket_on,
            first_activity.first_on as first_activity_on,
            carried.has_tickets,
            carried.has_personas
        from days
        cross join first_activity
        cross join carried
        left join alive on days.day = alive.day
    )

select *
from final
