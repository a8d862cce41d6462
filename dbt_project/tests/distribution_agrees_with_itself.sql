-- A band is one of 1:many; what is proposed is allowed, affordable and not the present one; nobody
-- is dismissed who was helped; hours of a part are never more than those of all.
{{ config(meta={"dagster": {"ref": {"name": "fct_distribution_month"}}}) }}
with
    months as (select * from {{ ref("fct_distribution_month") }}),

    fits as (select * from {{ ref("mart_model_fit_account") }}),

    surges as (select * from {{ ref("fct_surge") }}),

    final as (
        select account_id, 'month' as fault
        from months
        where
            (observed_band is not null and observed_model <> '1:many')
            or (is_mismatch is not null and evidence <> 'time')
            or csm_hours > hours + 0.000001
            or lead_hours > hours + 0.000001
            or (has_lead and lead_pool is not null)
        union all
        select account_id, 'fit' as fault
        from fits
        where
            (best_model = '1:1' and is_blocked_1to1)
            or (best_model = 'many:1' and is_blocked_manyto1)
            or (best_model = 'many:many' and is_blocked_manytomany)
            or (best_model like '1:many%' and is_blocked_1tomany)
            or (best_model like '1:many%' and best_model <> fit_1tomany_band)
            or (gap is not null and (not is_misfit or current_model = best_model))
        union all
        select account_id, 'surge' as fault
        from surges
        where (is_dismissed and people > 0) or ended_on < started_on or started_on > as_of_date
    )

select *
from final
