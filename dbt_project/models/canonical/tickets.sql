-- The satisfaction with a solution of a later day is not known yet.
with
    unified as ({{ one_row_per_key("tickets") }}),

    located as ({{ in_local_time("unified") }}),

    final as (
        select
            ticket_id,
            account_id,
            opened_at,
            case
                when {{ local_date("first_response_at", "local_time_zone") }} <= as_of
                then first_response_at
            end as first_response_at,
            case
                when {{ local_date("solved_at", "local_time_zone") }} <= as_of then solved_at
            end as solved_at,
            priority,
            is_escalated,
            case
                when {{ local_date("solved_at", "local_time_zone") }} > as_of
                then null
                else satisfaction
            end as satisfaction,
            component,
            channel,
            subject,
            contact_email,
            source_name,
            attributes
        from located
        where {{ local_date("opened_at", "local_time_zone") }} <= as_of
    )

select *
from final
