-- What each step of tooling would change for each tier, down to what no tool can go below.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select
            capacity.holds_from,
            capacity.net_hours_per_fte,
            capacity.work_days * capacity.hours_day as fte_hours
        from {{ ref("cfg_capacity") }} as capacity
        inner join
            context
            on context.as_of >= capacity.holds_from
            and coalesce(context.as_of < capacity.holds_to, true)
    ),

    tiers as (select * from {{ ref("mart_capacity_tier") }}),

    tooling as (
        select
            recoverable_mid_hours,
            recoverable_high_hours,
            cost_per_net_hour,
            weeks_tracked >= {{ least_weeks_tracked() }} as is_known
        from {{ ref("mart_tooling_substitution") }}
        where work_type = 'ALL'
    ),

    team as (select fte as team_fte from tiers where tier_id = 'ALL'),

    -- What software is owed to do is not a person's work.
    digital as (
        select
            standards.tier_id,
            {{ exact_sum("standards.per_year * standards.expected_minutes / 60") }}
            as digital_hours_per_account
        from {{ ref("cfg_standard") }} as standards
        inner join models on standards.holds_from = models.holds_from
        where standards.delivery_mode = 'digital'
        group by standards.tier_id
    ),

    human as (
        select
            tiers.tier_id,
            greatest(
                0,
                tiers.required_hours
                - tiers.accounts * coalesce(digital.digital_hours_per_account, 0)
            ) as human_hours
        from tiers
        left join digital on tiers.tier_id = digital.tier_id
        where tiers.tier_id <> 'ALL'
    ),

    human_and_all as (
        select *
        from human
        union all
        select 'ALL' as tier_id, {{ exact_sum("human_hours") }} as human_hours
        from human
    ),

    levels as (
        select tooling_level
        from
            (
                values
                    (cast(0 as double)),
                    (cast(0.25 as double)),
                    (cast(0.5 as double)),
                    (cast(0.75 as double)),
                    (cast(1 as double))
            ) as steps(tooling_level)
    ),

    -- Spread over the tiers as the people are. Nothing is given back without a tool.
    recovered as (
        select
            tiers.tier_id,
            levels.tooling_level,
            tiers.accounts,
            tiers.fte,
            tiers.required_hours,
            tiers.needed_fte as needed_fte_today,
            human_and_all.human_hours,
            models.net_hours_per_fte as net_hours,
            models.fte_hours,
            tooling.cost_per_net_hour,
            case
                when levels.tooling_level = 0
                then 0
                when tooling.is_known
                then tooling.recoverable_mid_hours * levels.tooling_level / nullif(team.team_fte, 0)
            end as hours_per_fte,
            case
                when tooling.is_known then tooling.recoverable_high_hours / nullif(team.team_fte, 0)
            end as most_hours_per_fte
        from tiers
        cross join levels
        cross join models
        cross join tooling
        cross join team
        inner join human_and_all on tiers.tier_id = human_and_all.tier_id
    ),

    stepped as (
        select
            *,
            coalesce(fte, 0) * hours_per_fte as recovered_hours,
            coalesce(fte, 0) * hours_per_fte / net_hours as fte_equivalent,
            case
                when hours_per_fte is not null then least(fte_hours, net_hours + hours_per_fte)
            end as net_hours_per_fte,
            required_hours / nullif(accounts, 0) as hours_per_account,
            case
                when most_hours_per_fte is not null
                then human_hours / least(fte_hours, net_hours + most_hours_per_fte)
            end as substitution_limit_fte
        from recovered
    ),

    substituted as (
        select
            *,
            case
                when fte_equivalent = 0
                then needed_fte_today
                when fte_equivalent is not null and needed_fte_today is not null
                then
                    greatest(
                        needed_fte_today - fte_equivalent,
                        least(substitution_limit_fte, needed_fte_today)
                    )
            end as needed_fte
        from stepped
    ),

    final as (
        select
            substituted.tier_id,
            substituted.tooling_level,
            cast(substituted.accounts as bigint) as accounts,
            substituted.fte,
            substituted.recovered_hours,
            substituted.fte_equivalent,
            substituted.net_hours_per_fte,
            substituted.hours_per_account,
            case
                when substituted.tier_id <> 'ALL'
                then substituted.net_hours_per_fte / nullif(substituted.hours_per_account, 0)
            end as ratio_ceiling,
            substituted.needed_fte,
            substituted.needed_fte - substituted.fte as fte_gap,
            substituted.substitution_limit_fte,
            substituted.recovered_hours * substituted.cost_per_net_hour as recovered_value,
            context.as_of as as_of_date,
            context.config_version
        from substituted
        cross join context
    )

select *
from final
order by tier_id, tooling_level
