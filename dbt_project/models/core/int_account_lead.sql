-- Who leads each account on each day: one person or pool at a time. Of several, one who does not
-- stand in for another, then who was assigned last.
{{ config(schema="core") }}
with
    leads as (
        select
            account_id,
            valid_from,
            coalesce(valid_to, date '9999-12-31') as valid_to,
            user_id,
            user_email,
            pool,
            is_temporary
        from {{ ref("account_assignment_scd2") }}
        where role = 'lead'
    ),

    days as (
        select account_id, valid_from as day
        from leads
        union
        select account_id, valid_to as day
        from leads
    ),

    spans as (
        select account_id, day, lead(day) over (partition by account_id order by day) as next_day
        from days
    ),

    placed as (
        select
            spans.account_id,
            spans.day,
            spans.next_day,
            leads.user_id,
            leads.user_email,
            leads.pool,
            row_number() over (
                partition by spans.account_id, spans.day
                order by
                    case when leads.is_temporary then 1 else 0 end,
                    leads.valid_from desc,
                    leads.user_email nulls last,
                    leads.pool nulls last
            ) as place
        from spans
        inner join
            leads
            on spans.account_id = leads.account_id
            and spans.day >= leads.valid_from
            and spans.day < leads.valid_to
    ),

    final as (
        select
            account_id,
            day as valid_from,
            nullif(next_day, date '9999-12-31') as valid_to,
            user_id,
            user_email,
            pool
        from placed
        where place = 1
    )

select *
from final
order by account_id, valid_from
