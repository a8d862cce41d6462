-- The tiers that people set by hand, from when to when: as asked for, until something else was
-- said, and no longer than the coverage model allows.
{{ config(schema="core") }}
with
    models as (select holds_from, holds_to, override_max_days from {{ ref("cfg_model") }}),

    tiers as (select holds_from, tier_id, name from {{ ref("cfg_tier") }}),

    accounts as (select account_id, source_name from {{ ref("accounts") }}),

    versions as (
        select
            account_id,
            valid_from,
            known_on,
            tier_override,
            tier_override_reason,
            tier_override_by,
            tier_override_from,
            tier_override_to,
            {{
                fingerprint(
                    [
                        "tier_override",
                        "tier_override_reason",
                        "tier_override_by",
                        "tier_override_from",
                        "tier_override_to",
                    ]
                )
            }} as said
        from {{ ref("account_scd2") }}
    ),

    compared as (
        select *, lag(said) over (partition by account_id order by valid_from) as said_before
        from versions
    ),

    changes as (
        select
            *,
            coalesce(tier_override_from, known_on, valid_from) as asked_from,
            row_number() over (partition by account_id order by valid_from) as place
        from compared
        where said_before is null or said <> said_before
    ),

    -- What is said later counts, from the day that it speaks of.
    spoken as (
        select
            *,
            min(least(valid_from, asked_from)) over (
                partition by account_id
                order by place
                rows between 1 following and unbounded following
            ) as replaced_on
        from changes
    ),

    modelled as (
        select
            spoken.*,
            tiers.tier_id,
            models.override_max_days,
            {{ add_days("spoken.asked_from", "models.override_max_days") }} as allowed_to
        from spoken
        inner join
            models
            on spoken.asked_from >= models.holds_from
            and coalesce(spoken.asked_from < models.holds_to, true)
        left join
            tiers
            on models.holds_from = tiers.holds_from
            and lower(spoken.tier_override) in (lower(tiers.tier_id), lower(tiers.name))
        where spoken.tier_override is not null
    ),

    final as (
        select
            modelled.account_id,
            modelled.asked_from as override_from,
            least(
                coalesce(modelled.tier_override_to, modelled.allowed_to),
                modelled.allowed_to,
                coalesce(modelled.replaced_on, modelled.allowed_to)
            ) as override_to,
            modelled.tier_override as asked_for,
            modelled.tier_id is not null as is_known,
            modelled.tier_override_to as asked_to,
            modelled.tier_override_reason as override_reason,
            modelled.tier_override_by as override_by,
            modelled.override_max_days,
            modelled.replaced_on is null as is_still_said,
            -- Open-ended is longer than allowed, too, unless something else was said in time.
            coalesce(
                coalesce(modelled.tier_override_to, date '9999-12-31') > modelled.allowed_to
                and coalesce(modelled.replaced_on > modelled.allowed_to, true),
                false
            ) as is_cut,
            accounts.source_name
        from modelled
        left join accounts on modelled.account_id = accounts.account_id
    )

select *
from final
order by account_id, override_from
