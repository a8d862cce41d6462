-- What is held against the bands of tiers: the ARR in force over a whole family of accounts, from
-- change to change.
{{ config(schema="core") }}
with
    terms as (select * from {{ ref("int_term_in_force") }}),

    changes as (
        select
            family_account_id,
            in_force_from as changed_on,
            cast(arr as decimal(28, 6)) as arr,
            case when arr is null then 1 else 0 end as without_rate
        from terms
        union all
        select
            family_account_id,
            in_force_to as changed_on,
            - cast(arr as decimal(28, 6)) as arr,
            case when arr is null then -1 else 0 end as without_rate
        from terms
        where in_force_to is not null
    ),

    daily as (
        select
            family_account_id,
            changed_on,
            coalesce(sum(arr), 0) as arr,
            sum(without_rate) as without_rate
        from changes
        group by family_account_id, changed_on
    ),

    summed as (
        select
            family_account_id,
            changed_on,
            sum(arr) over so_far as arr,
            sum(without_rate) over so_far as without_rate
        from daily
        window
            so_far as (
                partition by family_account_id
                order by changed_on
                rows between unbounded preceding and current row
            )
    ),

    valued as (
        select
            family_account_id,
            changed_on,
            case when without_rate = 0 then cast(arr as double) end as measure
        from summed
    ),

    compared as (
        select
            *,
            lag(measure) over same_family as measure_before,
            row_number() over same_family as place
        from valued
        window same_family as (partition by family_account_id order by changed_on)
    ),

    final as (
        select
            family_account_id,
            changed_on as measured_from,
            lead(changed_on) over (
                partition by family_account_id order by changed_on
            ) as measured_to,
            measure
        from compared
        where place = 1 or measure is distinct from measure_before
    )

select *
from final
order by family_account_id, measured_from
