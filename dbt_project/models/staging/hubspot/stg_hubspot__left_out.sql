-- What a merge made part of another record lives on as that one.
with
    {% for stream in ["contacts", "tickets"] -%}
        swallowed_{{ stream }} as ({{ hubspot_swallowed(stream) }}),

        {{ stream }} as ({{ not_passed_on("hubspot", stream, stream) }}),
    {% endfor %}
    answers as ({{ not_passed_on("hubspot", "feedback_submissions", "surveys") }}),

    final as (
        {% for stream in ["contacts", "tickets"] -%}
            select
                {{ stream }}.source_name,
                '{{ stream }}' as entity,
                {{ stream }}.record_key,
                case
                    when swallowed.record_key is null then 'no_customer' else 'merged'
                end as reason
            from {{ stream }}
            left join
                (select distinct source_name, record_key from swallowed_{{ stream }}) as swallowed
                on {{ stream }}.source_name = swallowed.source_name
                and {{ stream }}.record_key = swallowed.record_key
            union all
        {% endfor -%}
        select
            source_name,
            'surveys' as entity,
            record_key,
            case
                when
                    lower(json_extract_string(payload, '$.properties.hs_survey_type'))
                    not in ('nps', 'csat', 'ces')
                then 'no_score'
                else 'no_customer'
            end as reason
        from answers
    )

select *
from final
