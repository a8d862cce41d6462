-- Does the time fit the work, tier by tier: what the accounts need, what their people have, and how
-- many accounts of one person follow from it. The ratio is a result; nothing aims at it.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    tiers as (select * from {{ ref("int_capacity_tier") }} where is_current),

    final as (
        select
            tiers.tier_id,
            tiers.accounts,
            tiers.accounts_unowned,
            tiers.accounts_without_supply,
            tiers.heads,
            tiers.fte,
            tiers.accounts_per_fte,
            tiers.implied_accounts_per_fte,
            tiers.net_hours_per_fte,
            tiers.mean_required_hours,
            tiers.proactive_hours,
            tiers.reactive_hours,
            tiers.conditional_hours,
            tiers.onboarding_hours,
            tiers.required_hours,
            tiers.supply_hours,
            tiers.needed_fte,
            tiers.fte_gap,
            tiers.utilisation,
            {{ load_band("tiers.utilisation", "tiers") }} as utilisation_band,
            tiers.reference_low,
            tiers.reference_high,
            context.as_of as as_of_date,
            context.config_version
        from tiers
        cross join context
    )

select *
from final
order by tier_id
