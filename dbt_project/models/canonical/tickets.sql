-- The satisfaction with a solution of a later day is not known yet.
with
    context as (select as_of, time_zone from {{ source("meta", "context") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    -- The next source adds its staging model to this list.
    unified as ({{ one_row_per_key("tickets", [ref("stg_files__tickets")]) }}),

    located as (
        select
            unified.*,
            context.as_of,
            coalesce(accounts.time_zone, context.time_zone) as local_time_zone
        from unified
        cross join context
        left join accounts on unified.account_id = accounts.account_id
    ),

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
