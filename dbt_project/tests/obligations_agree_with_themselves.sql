-- Obligations that contradict themselves.
with
    obligations as (select * from {{ ref("fct_obligation") }}),

    final as (
        select *
        from obligations
        where
            -- What is excluded says why, what is counted does not.
            (disposition = 'excluded') <> (exclusion_reason is not null)
            -- What is fulfilled says when, how well, and by what.
            or (timeliness in ('on_time', 'late')) <> (fulfilled_on is not null)
            or (fulfilled_on is not null) <> (quality is not null)
            or (
                fulfilled_on is not null
                and fulfilled_by_activity_id is null
                and schedule_type not in ('state', 'response')
            )
            or (quality = 'below_standard')
            <> coalesce({{ list_length("failed_conditions") }} > 0, false)
            -- In time is within the window.
            or (timeliness = 'on_time' and fulfilled_on > closes_on)
            or fulfilled_on < window_open_on
            or due_on > closes_on
            or window_open_on > due_on
            -- What ended early was not fulfilled.
            or (
                exclusion_reason in ('churned', 'tier_change', 'superseded', 'not_eligible')
                and timeliness <> 'open'
            )
    )

select *
from final
