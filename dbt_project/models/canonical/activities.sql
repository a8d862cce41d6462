-- An activity without an account has that of the people who took part. Notes and follow-ups of a
-- later day are not known yet.
with
    unified as ({{ one_row_per_key("activities") }}),

    attended as (
        select
            {% for column in entity_columns("activities") if column.name != "account_id" -%}
                unified."{{ column.name }}",
            {% endfor -%}
            coalesce(unified.account_id, resolved.account_id) as account_id,
            unified.source_name,
            unified.attributes
        from unified
        left join
            {{ ref("int_activity_account") }} as resolved
            on unified.account_id is null
            and unified.source_name = resolved.source_name
            and unified.activity_id = resolved.activity_id
    ),

    located as ({{ in_local_time("attended") }}),

    final as (
        select
            activity_id,
            account_id,
            type,
            status,
            started_at,
            ended_at,
            minutes,
            direction,
            channel,
            subject,
            user_emails,
            contact_emails,
            customer_attendees,
            personas,
            case
                when {{ local_date("notes_at", "local_time_zone") }} > as_of then null else notes
            end as notes,
            case
                when {{ local_date("notes_at", "local_time_zone") }} <= as_of then notes_at
            end as notes_at,
            case
                when {{ local_date("follow_up_at", "local_time_zone") }} <= as_of then follow_up_at
            end as follow_up_at,
            is_automated,
            ticket_id,
            playbook_id,
            calendar_uid,
            work_type,
            logged_at,
            source_name,
            attributes
        from located
        where {{ local_date("started_at", "local_time_zone") }} <= as_of
    )

select *
from final
