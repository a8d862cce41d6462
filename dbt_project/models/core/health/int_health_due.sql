-- The days whose health is computed tonight: those that are wanted and whose basis is not the one
-- that they were last computed from; also, to be removed, those that are wanted no more. Where
-- nothing stands, all days.
{{ config(schema="core", post_hook="delete from " ~ kept_from_night_to_night("health_night")) }}
with
    days as (select * from {{ ref("int_health_wanted_day") }}),

    basis as (select * from {{ ref("int_health_basis") }}),

    computed_before as (
        select before.*
        from {{ kept_from_night_to_night("health_basis") }} as before
        inner join {{ ref("int_health_standing") }} as standing on standing.is_standing
    ),

    due as (
        select
            coalesce(basis.account_id, computed_before.account_id) as account_id,
            coalesce(basis.day, computed_before.day) as day
        from basis
        full outer join
            computed_before
            on basis.account_id = computed_before.account_id
            and basis.day = computed_before.day
        where basis.fingerprint is distinct from computed_before.fingerprint
    ),

    final as (
        select
            due.account_id,
            due.day,
            days.holds_from is not null as is_wanted,
            days.holds_from,
            days.effective_from,
            days.health_version,
            days.is_model_of_day,
            days.is_on_spine,
            days.is_for_ledger,
            days.tier_id,
            days.age_days,
            days.start_on,
            days.age_months
        from due
        left join days on due.account_id = days.account_id and due.day = days.day
    )

select *
from final
