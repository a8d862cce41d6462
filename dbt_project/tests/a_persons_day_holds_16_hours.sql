-- People's days of more than 16 hours, and time that counts though something else took it.
with
    worked as (select * from {{ ref("fct_activity_time") }}),

    days as (
        select user_email, worked_on, sum(cast(minutes as decimal(28, 6))) as minutes
        from worked
        where category <> 'not_working'
        group by user_email, worked_on
    ),

    final as (
        select user_email, worked_on, 'more than 16 hours' as fault
        from days
        where minutes > 960.001
        union all
        select user_email, worked_on, 'covered by an entry, and counts' as fault
        from worked
        where
            (is_covered_by_entry and (minutes <> 0 or entry_id is not null))
            or minutes < 0
            or (evidence <> 'imputed' and minutes > recorded_minutes + 0.01)
            or (activity_id is null) = (entry_id is null)
    )

select *
from final
