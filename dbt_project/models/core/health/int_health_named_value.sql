-- What was last known on the wanted days by the name of a usage metric or of a kind
-- of assessment:
-- measures that take one as it is, scores set by hand, the score of the customer
-- success platform.
{{ config(schema="core", materialized="kept", **kept_by_day("int_health_due")) }}
with
    days as (select distinct account_id, day from {{ ref("int_health_due") }} where is_wanted),

    said as (
        select account_id, name, day, value, source_name
        from {{ ref("int_health_fact") }}
        where kind = 'named'
    ),

    known as (
        select
            account_id,
            name,
            day,
            is_wanted,
            {{ last_known("value") }} over until_then as value,
            {{ last_known("case when value is not null then day end") }} over until_then
            as measured_on,
            {{ last_known("source_name") }} over until_then as source_name
        from
            (
                select account_id, name, day, value, source_name, false as is_wanted
                from said
                union all
                select days.account_id, said_names.name, days.day, null, null, true
                from days
                inner join
                    (select distinct account_id, name from said) as said_names
                    on days.account_id = said_names.account_id
            ) as said_and_wanted
        window until_then as (partition by account_id, name order by day)
    ),

    final as (
        select account_id, day, name, value, measured_on, source_name
        from known
        where is_wanted and value is not null
    )

select *
from final
