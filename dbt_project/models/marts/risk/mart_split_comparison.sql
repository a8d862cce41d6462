-- By what accounts could be split between people, and how well each way would do: how much of the
-- accounts' need it explains, how even the work would be, and how many time zones a person has.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    accounts as (
        select
            accounts.account_id,
            demand.required_hours,
            accounts.time_zone,
            accounts.segment,
            accounts.industry,
            accounts.country,
            accounts.complexity,
            accounts.currency,
            accounts.acquisition_channel,
            accounts.lifecycle_stage,
            accounts.attributes,
            demand.tier_id,
            coalesce(demand.owner_user_id, demand.owner_pool) as owner_id
        from {{ ref("dim_account") }} as accounts
        inner join
            {{ ref("int_account_demand") }} as demand
            on accounts.account_id = demand.account_id
            and demand.is_current
    ),

    touches as (
        select tiers.tier_id, tiers.touch
        from {{ ref("cfg_tier") }} as tiers
        cross join context
        where {{ holds_on("tiers", "holds_from", "holds_to", "context.as_of") }}
    ),

    own_dimensions as (
        select dimensions.dimension, dimensions.column_name
        from {{ ref("cfg_segment_dimension") }} as dimensions
        cross join context
        where
            dimensions.is_attribute
            and {{ holds_on("dimensions", "holds_from", "holds_to", "context.as_of") }}
    ),

    grouped as (
        {% for dimension, column in split_dimensions().items() %}
            select
                '{{ dimension }}' as dimension,
                account_id,
                required_hours,
                time_zone,
                {{ column }} as group_value
            from accounts
            union all
        {% endfor %}
        select
            'touch' as dimension,
            accounts.account_id,
            accounts.required_hours,
            accounts.time_zone,
            touches.touch as group_value
        from accounts
        left join touches on accounts.tier_id = touches.tier_id
        union all
        select
            own_dimensions.dimension,
            accounts.account_id,
            accounts.required_hours,
            accounts.time_zone,
            {{ json_text_at("accounts.attributes", "own_dimensions.column_name") }} as group_value
        from accounts
        cross join own_dimensions
    ),

    known as (select * from grouped where group_value is not null),

    groups as (
        select
            dimension,
            group_value,
            count(*) as accounts,
            {{ exact_sum("required_hours") }} as hours,
            {{ exact_sum("required_hours * required_hours") }} as squared_hours
        from known
        group by dimension, group_value
    ),

    totals as (
        select
            dimension,
            sum(accounts) as accounts,
            count(*) as groups,
            {{ exact_sum("hours") }} as hours,
            {{ exact_sum("squared_hours") }} as squared_hours,
            {{ exact_sum("hours * hours / accounts") }} as explained_hours
        from groups
        group by dimension
    ),

    staff as (select count(*) as people from {{ ref("dim_csm") }} where is_csm and is_employed),

    staffed as (
        select
            groups.dimension,
            groups.hours,
            case
                when staff.people > 0 and totals.hours > 0
                then greatest(1, floor(staff.people * groups.hours / totals.hours + 0.5))
            end as people
        from groups
        inner join totals on groups.dimension = totals.dimension
        cross join staff
    ),

    loads as (
        select
            dimension,
            cast(sum(people) as bigint) as people,
            {{ exact_sum("hours") }} as hours,
            {{ exact_sum("hours * hours / people") }} as squared_hours
        from staffed
        group by dimension
    ),

    zones as (
        select dimension, group_value, time_zone, {{ exact_sum("required_hours") }} as hours
        from known
        where time_zone is not null
        group by dimension, group_value, time_zone
    ),

    main_zones as (
        select dimension, group_value, max(hours) as hours, {{ exact_sum("hours") }} as all_hours
        from zones
        group by dimension, group_value
    ),

    zone_fits as (
        select
            dimension, {{ share(exact_sum("hours"), exact_sum("all_hours")) }} as time_zone_fit_rate
        from main_zones
        group by dimension
    ),

    all_accounts as (select count(*) as accounts from accounts),

    final as (
        select
            totals.dimension,
            cast(totals.groups as bigint) as groups,
            cast(totals.accounts as bigint) as accounts,
            {{ share("totals.accounts", "all_accounts.accounts") }} as known_share,
            totals.hours as required_hours,
            greatest(
                0,
                least(
                    1,
                    (
                        totals.explained_hours - totals.hours * totals.hours / totals.accounts
                    ) / nullif(
                        totals.squared_hours - totals.hours * totals.hours / totals.accounts, 0
                    )
                )
            ) as explained_share,
            loads.people,
            totals.groups <= staff.people as is_feasible,
            round(
                sqrt(
                    greatest(
                        0,
                        loads.people * loads.squared_hours / nullif(loads.hours * loads.hours, 0)
                        - 1
                    )
                ),
                6
            ) as workload_cv,
            zone_fits.time_zone_fit_rate,
            context.as_of as as_of_date,
            context.config_version
        from totals
        cross join context
        cross join staff
        cross join all_accounts
        inner join loads on totals.dimension = loads.dimension
        left join zone_fits on totals.dimension = zone_fits.dimension
    )

select *
from final
order by dimension
