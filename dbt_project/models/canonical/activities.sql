-- Notes and follow-ups of a later day are not known yet.
with
    -- The next source adds its staging model to this list.
    located as ({{ one_row_per_key_in_local_time("activities", [ref("stg_files__activities")]) }}),

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
