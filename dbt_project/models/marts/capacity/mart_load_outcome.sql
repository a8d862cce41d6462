-- Do fuller books go with worse coverage, renewals and satisfaction? What happened to a tier's
-- accounts in five equal parts, by how many accounts a person looked after just before. What goes
-- together need not be cause and effect.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    books as ({{ book_sizes(ref("int_book_tier")) }}),

    demand as (
        select owed.account_id, owed.as_of_on, owed.tier_id, books.accounts_per_csm
        from {{ ref("int_account_demand") }} as owed
        left join
            books
            on owed.as_of_on = books.as_of_on
            and {{ unit_of("owed.owner_user_id", "owed.owner_pool") }} = books.unit
    ),

    days as (select distinct as_of_on from demand),

    models as (select holds_from, holds_to, low_n from {{ ref("cfg_model") }}),

    observed as (
        select *
        from {{ ref("int_account_outcome") }}
        where outcome in ('coverage', 'logo_renewal', 'gross_renewal', 'csat')
    ),

    -- The day just before, for each day on which anything happened.
    days_before as (
        select happened.happened_on, max(days.as_of_on) as as_of_on
        from (select distinct happened_on from observed) as happened
        inner join days on happened.happened_on > days.as_of_on
        group by happened.happened_on
    ),

    loaded as (
        select
            observed.outcome,
            observed.account_id,
            coalesce(observed.tier_id, demand.tier_id) as tier_id,
            observed.part,
            observed.whole,
            demand.accounts_per_csm,
            ntile(5) over (
                partition by observed.outcome, coalesce(observed.tier_id, demand.tier_id)
                order by
                    demand.accounts_per_csm,
                    observed.account_id,
                    observed.happened_on,
                    observed.observation_id
            ) as quintile
        from observed
        inner join days_before on observed.happened_on = days_before.happened_on
        inner join
            demand
            on observed.account_id = demand.account_id
            and days_before.as_of_on = demand.as_of_on
        where demand.accounts_per_csm is not null
    ),

    {{
        estimated_outcomes(
            "loaded",
            ["tier_id", "outcome", "quintile"],
            {
                "load_from": "min(accounts_per_csm)",
                "load_to": "max(accounts_per_csm)",
                "load_mean": exact_sum("accounts_per_csm") ~ " / count(*)",
            },
        )
    }},

    final as (
        select
            estimated.tier_id,
            estimated.outcome,
            cast(estimated.quintile as integer) as quintile,
            estimated.observations,
            estimated.accounts,
            estimated.load_from,
            estimated.load_to,
            estimated.load_mean,
            estimated.value,
            estimated.value_low,
            estimated.value_high,
            estimated.observations < models.low_n as is_low_n,
            true as is_associational,
            context.as_of as as_of_date,
            context.config_version
        from estimated
        cross join context
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    )

select *
from final
order by tier_id, outcome, quintile
