-- One row an activity: records of the same meeting or call are merged. Of several, the richest
-- record counts; what it leaves empty comes from the next richest. Attendees and personas are
-- united.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    duplicates as (select activity_id, duplicate_group from {{ ref("int_activity_duplicate") }}),

    carried as (
        select source_name, field
        from {{ ref("canonical_fields") }}
        where entity = 'activities' and is_carried
    ),

    duplicate_sources as (
        select
            duplicates.duplicate_group, {{ union_of_lists("[activities.source_name]") }} as sources
        from duplicates
        inner join
            {{ ref("int_activity") }} as activities
            on duplicates.activity_id = activities.activity_id
        group by duplicates.duplicate_group
    ),

    -- Which fields are carried follows from the sources, and those come in few combinations.
    combinations as (
        select sources
        from duplicate_sources
        union
        select [source_name] as sources
        from {{ ref("int_activity") }}
    ),

    combined as (select sources, {{ rows_of("sources") }} as source_name from combinations),

    combined_fields as (
        select combined.sources, {{ union_of_lists("[carried.field]") }} as carried_fields
        from combined
        inner join carried on combined.source_name = carried.source_name
        group by combined.sources
    ),

    single as (
        select
            {% for column in merged_activity_columns() -%} activities.{{ column }}, {% endfor -%}
            activities.activity_id,
            activities.started_at,
            activities.started_on,
            activities.status,
            activities.is_classified,
            activities.type,
            activities.user_emails,
            activities.contact_emails,
            activities.personas,
            activities.customer_attendees,
            activities.notes_length,
            [activities.activity_id] as source_activity_ids,
            [activities.source_name] as sources,
            0 as duplicates_merged
        from {{ ref("int_activity") }} as activities
        left join duplicates on activities.activity_id = duplicates.activity_id
        where duplicates.activity_id is null
    ),

    ranked as (
        select
            activities.*,
            duplicates.duplicate_group,
            row_number() over (
                partition by duplicates.duplicate_group
                order by
                    activities.filled_fields desc,
                    activities.source_priority nulls last,
                    activities.activity_id
            ) as richness_rank
        from {{ ref("int_activity") }} as activities
        inner join duplicates on activities.activity_id = duplicates.activity_id
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
            array_agg(activity_id order by richness_rank) as source_activity_ids,
            duplicate_sources.sources,
            cast(count(*) - 1 as integer) as duplicates_merged
        from ranked
        inner join duplicate_sources on ranked.duplicate_group = duplicate_sources.duplicate_group
        group by ranked.duplicate_group, duplicate_sources.sources
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
            coalesce(combined_fields.carried_fields, []) as carried_fields,
            united.duplicates_merged,
            context.as_of as as_of_date,
            context.config_version
        from united
        cross join context
        left join combined_fields on united.sources = combined_fields.sources
    )

select *
from final
