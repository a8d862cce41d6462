-- Users who are no end users are colleagues, not contacts that are left out.
with
    tickets as ({{ not_passed_on("zendesk", "tickets", "tickets") }}),

    users as ({{ not_passed_on("zendesk", "users", "contacts") }}),

    ratings as ({{ not_passed_on("zendesk", "satisfaction_ratings", "surveys") }}),

    final as (
        select source_name, 'tickets' as entity, record_key, 'no_customer' as reason
        from tickets
        union all
        select source_name, 'contacts' as entity, record_key, 'no_customer' as reason
        from users
        where coalesce({{ text_of("payload", "role") }}, 'end-user') = 'end-user'
        union all
        select
            source_name,
            'surveys' as entity,
            record_key,
            case
                when regexp_matches({{ text_of("payload", "score") }}, '^(good|bad)')
                then 'no_customer'
                else 'no_score'
            end as reason
        from ratings
    )

select *
from final
