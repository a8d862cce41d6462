-- Time that was recorded and counts nowhere: what overlaps, and what a day cannot hold. By where
-- it was recorded: a time sheet, or activities.
{{ config(schema="core") }}
with
    times as (
        select
            case when entry_id is not null then 'time_entries' else 'activities' end as entity,
            coalesce(entry_id, activity_id) || ' (' || user_email || ')' as record_key,
            user_email,
            {{ whole_seconds("minutes") }} as counted_seconds,
            {{ whole_seconds("overlap_minutes") }} as overlap_seconds,
            {{ whole_seconds("over_day_minutes") }} as over_day_seconds
        from {{ ref("fct_activity_time") }}
        where category <> 'not_working'
    ),

    lost as (
        {% for check, seconds in [
            ("time_overlaps", "overlap_seconds"),
            ("time_over_a_day", "over_day_seconds"),
        ] -%}
            select
                '{{ check }}' as check_name,
                entity,
                count(case when {{ seconds }} > 0 then 1 end) as records_lost,
                count(*) as records,
                count(distinct case when {{ seconds }} > 0 then user_email end) as people,
                sum({{ seconds }}) as seconds_lost,
                sum(counted_seconds + overlap_seconds + over_day_seconds) as seconds,
                {{ smallest("record_key", 5, seconds ~ " > 0") }} as sample
            from times
            group by entity
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),

    final as (
        select
            check_name || ':' || entity as check_id,
            cast(null as varchar) as source_name,
            entity,
            case when seconds_lost * 100 < seconds then 'info' else 'warning' end as severity,
            records_lost as rows_failed,
            records as rows_total,
            sample,
            '{failed} of {total} records of people''s time in '
            || entity
            || case
                check_name
                when 'time_overlaps'
                then ' overlap with others of the same person, and no minute counts twice: '
                else ' go beyond the 16 hours that a day can hold: '
            end
            || cast(cast(seconds_lost / 3600.0 as decimal(18, 1)) as varchar)
            || ' of '
            || cast(cast(seconds / 3600.0 as decimal(18, 1)) as varchar)
            || ' hours count nowhere (people: '
            || cast(people as varchar)
            || '). '
            || case
                check_name
                when 'time_overlaps'
                then
                    'Correct what was recorded twice, and delete meetings that did not take place; '
                    || 'overlap_minutes of fct_activity_time says which.'
                else
                    'Correct entries that are too long, or give each day its own; '
                    || 'over_day_minutes of fct_activity_time says which.'
            end as message
        from lost
        where records_lost > 0
    )

select *
from final
order by check_id
