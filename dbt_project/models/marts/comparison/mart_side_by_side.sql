-- What became of accounts that were served in one way, beside those of the same tier, or of as much
-- ARR, that were served in another. What goes together need not be cause and effect.
{% set key = ["comparison", "tier_id", "side", "outcome"] %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select models.low_n, models.tooling_change_on as changed_on
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    outcomes as (select * from {{ ref("int_account_outcome") }}),

    months as (
        select account_id, month_start, tier_id, observed_model, contributors
        from {{ ref("fct_distribution_month") }}
    ),

    services as (select * from {{ ref("int_digital_service") }}),

    demand as (
        select account_id, as_of_on, tier_id, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_account_demand") }}
    ),

    books as ({{ book_sizes(ref("int_book_tier")) }}),

    -- How an account was served is read in the month before.
    served as (
        select
            outcomes.outcome,
            outcomes.account_id,
            coalesce(outcomes.tier_id, months.tier_id) as tier_id,
            outcomes.part,
            outcomes.whole,
            months.observed_model,
            months.contributors
        from outcomes
        inner join
            months
            on outcomes.account_id = months.account_id
            and months.month_start
            = {{ months_later("cast(date_trunc('month', outcomes.happened_on) as date)", -1) }}
    ),

    compared as (
        select
            'distribution_model' as comparison,
            tier_id,
            observed_model as side,
            outcome,
            account_id,
            part,
            whole
        from served
        union all
        select
            'team_size' as comparison,
            tier_id,
            case
                when contributors >= 3 then '3 or more' else cast(contributors as varchar)
            end as side,
            outcome,
            account_id,
            part,
            whole
        from served
        where outcome in ('csat', 'nps', 'sentiment')
        union all
        {% for comparison, are_asked in {
            "digital_service": "true",
            "digital_service_if_eligible": "services.is_digital_eligible",
        }.items() -%}
            select
                '{{ comparison }}' as comparison,
                services.band_tier_id as tier_id,
                services.served_by as side,
                outcomes.outcome,
                outcomes.account_id,
                outcomes.part,
                outcomes.whole
            from outcomes
            inner join
                services
                on outcomes.account_id = services.account_id
                and outcomes.happened_on = services.day
            where outcomes.outcome in ('logo_renewal', 'gross_renewal') and {{ are_asked }}
            union all
        {% endfor -%}
        select
            'tooling_change' as comparison,
            outcomes.tier_id,
            case
                when outcomes.happened_on >= models.changed_on then 'after' else 'before'
            end as side,
            outcomes.outcome,
            outcomes.account_id,
            outcomes.part,
            outcomes.whole
        from outcomes
        inner join
            models
            on outcomes.happened_on >= {{ add_days("models.changed_on", -365) }}
            and outcomes.ended_on < {{ add_days("models.changed_on", 365) }}
            and (outcomes.ended_on < models.changed_on or outcomes.happened_on >= models.changed_on)
        where outcomes.outcome in ('coverage', 'logo_renewal', 'gross_renewal')
        union all
        select
            'tooling_change' as comparison,
            demand.tier_id,
            case when demand.as_of_on >= models.changed_on then 'after' else 'before' end as side,
            'book_size' as outcome,
            demand.account_id,
            books.accounts_per_csm as part,
            1.0 as whole
        from demand
        inner join books on demand.as_of_on = books.as_of_on and demand.unit = books.unit
        inner join
            models
            on demand.as_of_on >= {{ add_days("models.changed_on", -365) }}
            and demand.as_of_on < {{ add_days("models.changed_on", 365) }}
        where books.accounts_per_csm is not null
    ),

    seen as (select * from compared where tier_id is not null and side is not null),

    {{ estimated_outcomes("seen", key) }},

    final as (
        select
            estimated.comparison,
            estimated.tier_id,
            estimated.side,
            estimated.outcome,
            estimated.observations,
            estimated.accounts,
            estimated.value,
            -- Books are all there were, and one book's accounts have one size.
            case when estimated.outcome <> 'book_size' then estimated.value_low end as value_low,
            case when estimated.outcome <> 'book_size' then estimated.value_high end as value_high,
            estimated.observations < models.low_n as is_low_n,
            true as is_associational,
            context.as_of as as_of_date,
            context.config_version
        from estimated
        cross join models
        cross join context
    )

select *
from final
order by comparison, tier_id, outcome, side
