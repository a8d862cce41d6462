-- What was last known on the wanted days by the name of a usage metric or of a kind
-- of assessment:
-- measures that take one as it is, scores set by hand, the score of the customer
-- success platform.
{{ config(schema="core") }}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    days as (select distinct account_id, day from {{ ref("int_health_wanted_day") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    names as (
        select distinct scored_value as name
        from {{ ref("cfg_health_measure") }}
        where scored_value not in ('{{ derived_measures() | join("', '") }}')
        union
        select {{ rows_of("['csp_health', 'health_override']") }} as name
    ),

    counted_use as (
        select
            usage.account_id,
            usage.metric as name,
            usage."on" as day,
            usage.value,
            usage.source_name
        from {{ ref("usage") }} as usage
        inner join names on usage.metric = names.name
    ),

    assessed as (
        select
            assessments.account_id,
            assessments.kind as name,
            {{
                local_date(
                    "assessments.assessed_at",
                    "coalesce(accounts.time_zone, context.time_zone)",
                )
            }} as day,
            assessments.score as value,
            assessments.source_name,
            assessments.assessed_at,
            assessments.assessment_id
        from {{ ref("assessments") }} as assessments
        cross join context
        inner join names on assessments.kind = names.name
        left join accounts on assessments.account_id = accounts.account_id
        where assessments.kind not in (select name from counted_use)
    ),

    last_assessed as (
        select
            *,
            row_number() over (
                partition by account_id, name, day order by assessed_at desc, assessment_id desc
            ) as place
        from assessed
    ),

    said as (
        select account_id, name, day, value, source_name
        from counted_use
        union all
        select account_id, name, day, value, source_name
        from last_assessed
        where place = 1
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
