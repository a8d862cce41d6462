-- One row an activity: records of the same meeting or call are merged. Of several, the richest
-- record counts; what it leaves empty comes from the next richest. Attendees and personas are
-- united.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    activities as (select * from {{ ref("int_activity") }}),

    duplicates as (select activity_id, duplicate_group from {{ ref("int_activity_duplicate") }}),

    grouped as (
        select
            activities.*,
            coalesce(duplicates.duplicate_group, activities.activity_id) as merge_key,
            duplicates.activity_id is not null as has_duplicates
        from activities
        left join duplicates on activities.activity_id = duplicates.activity_id
    ),

    single as (
        select
            {% for column in merged_activity_columns() -%} {{ column }}, {% endfor -%}
            activity_id,
            started_at,
            started_on,
            status,
            is_classified,
            type,
            user_emails,
            contact_emails,
            personas,
            customer_attendees,
            notes_length,
            carried_fields,
            [activity_id] as source_activity_ids,
            [source_name] as sources,
            0 as duplicates_merged
        from grouped
        where not has_duplicates
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by merge_key
                order by filled_fields desc, source_priority nulls last, activity_id
            ) as richness_rank
        from grouped
        where has_duplicates
    ),

    merged as (
        select
            {% for column in merged_activity_columns() -%}
                {{ richest(column) }} as {{ column }},
            {% endfor -%}
            {{ richest("activity_id") }} as activity_id,
            {{ richest("started_at") }} as started_at,
            {{ richest("started_on") }} as started_on,
            -- "planned" in a calendar says less than what became of it.
            coalesce(
                {{ richest("status", "status <> 'planned'") }}, {{ richest("status") }}
            ) as status,
            bool_or(is_classified) as is_classified,
            -- "meeting" in a calendar says less than "ebr" in a CRM.
            coalesce(
                {{
                    richest(
                        "type",
                        "type not in (" ~ plain_activity_types() ~ ")",
                    )
                }},
                {{ richest("type", "is_classified") }},
                {{ richest("type") }}
            ) as type,
            {{ union_of_lists("user_emails") }} as user_emails,
            {{ union_of_lists("contact_emails") }} as contact_emails,
            {{ union_of_lists("personas") }} as personas,
            max(customer_attendees) as customer_attendees,
            max(notes_length) as notes_length,
            {{ union_of_lists("carried_fields") }} as carried_fields,
            array_agg(activity_id order by richness_rank) as source_activity_ids,
            {{ union_of_lists("[source_name]") }} as sources,
            cast(count(*) - 1 as integer) as duplicates_merged
        from ranked
        group by merge_key
    ),

    united as (
        select *
        from single
        union all
        select *
        from merged
    ),

    final as (
        select
            united.activity_id,
            united.account_id,
            united.type,
            united.source_type,
            united.is_classified,
            united.status,
            united.channel,
            united.direction,
            united.subject,
            united.started_at,
            united.started_on,
            united.ended_at,
            united.minutes,
            united.user_emails,
            united.contact_emails,
            cast(
                greatest(
                    united.customer_attendees, {{ list_length("united.contact_emails") }}
                ) as integer
            ) as customer_attendees,
            united.personas,
            cast(united.notes_length as integer) as notes_length,
            united.notes_at,
            united.follow_up_at,
            united.is_automated,
            united.logged_at,
            united.ticket_id,
            united.playbook_id,
            united.calendar_uid,
            united.work_type,
            united.source_activity_ids,
            united.sources,
            united.carried_fields,
            united.duplicates_merged,
            context.as_of as as_of_date,
            context.config_version
        from united
        cross join context
    )

select *
from final
