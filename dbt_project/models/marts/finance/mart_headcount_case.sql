-- Whether missing people should be hired, or tools be built first: one row a tier and belief in
-- what tools take over. The verdict never stands without its inputs.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select models.*
        from {{ ref("cfg_model") }} as models
        inner join
            context
            on context.as_of >= models.holds_from
            and coalesce(context.as_of < models.holds_to, true)
    ),

    tiers as (select * from {{ ref("mart_capacity_tier") }}),

    team as (select fte as team_fte from tiers where tier_id = 'ALL'),

    tooling as (
        select *, weeks_tracked >= {{ least_weeks_tracked() }} as is_known
        from {{ ref("mart_tooling_substitution") }}
        where work_type = 'ALL'
    ),

    scenarios as (
        {% for scenario in ["low", "mid", "high"] %}
            select
                '{{ scenario }}' as scenario,
                case when is_known then recoverable_{{ scenario }}_hours end as team_hours
            from tooling
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    -- The newest quarter that is over: a few days say nothing.
    balances as (
        select tier_id, is_mostly_reactive, top_reasons
        from
            (
                select
                    balance.tier_id,
                    balance.is_mostly_reactive,
                    balance.top_reasons,
                    row_number() over (
                        partition by balance.tier_id order by balance.period_start desc
                    ) as place
                from {{ ref("mart_time_balance") }} as balance
                cross join context
                where balance.grain = 'tier_quarter' and balance.period_end <= context.as_of
            ) as placed
        where place = 1
    ),

    loads as (
        select
            tier_id,
            max(case when outcome = 'coverage' and quintile = 1 then load_mean end) as light_load,
            max(case when outcome = 'coverage' and quintile = 5 then load_mean end) as heavy_load,
            max(case when outcome = 'coverage' and quintile = 1 then value end) as light_coverage,
            max(case when outcome = 'coverage' and quintile = 5 then value end) as heavy_coverage,
            max(
                case when outcome = 'gross_renewal' and quintile = 1 then value end
            ) as light_renewal,
            max(
                case when outcome = 'gross_renewal' and quintile = 5 then value end
            ) as heavy_renewal
        from {{ ref("mart_load_outcome") }}
        group by tier_id
    ),

    infrastructure as (
        select
            {{ share("count(case when is_done then 1 end)", "count(is_done)") }}
            as infrastructure_rate,
            {{ list_in_order("check_id", "check_order", "not is_done") }} as missing
        from {{ ref("mart_infrastructure_check") }}
    ),

    gaps as (
        select
            scenarios.scenario,
            tiers.tier_id,
            tiers.accounts,
            tiers.fte,
            tiers.needed_fte,
            tiers.fte_gap as gap_fte,
            tiers.required_hours - tiers.supply_hours as gap_hours,
            tooling.is_known as is_time_known,
            tooling.net_hours_per_fte,
            tooling.cost_per_net_hour,
            tooling.cost_per_net_hour * tooling.net_hours_per_fte as loaded_cost_per_year,
            models.tooling_redeployment as redeployment,
            models.tooling_mixed_from as mixed_from,
            case when tiers.tier_id = 'ALL' then models.tooling_annual_cost end as tool_annual_cost,
            case when tiers.tier_id = 'ALL' then models.tooling_setup_cost end as tool_setup_cost,
            balances.is_mostly_reactive,
            balances.top_reasons,
            scenarios.team_hours
            * coalesce(tiers.fte, 0)
            / nullif(team.team_fte, 0) as recoverable_hours
        from tiers
        cross join scenarios
        cross join tooling
        cross join models
        left join team on true
        left join balances on tiers.tier_id = balances.tier_id
        where tiers.tier_id <> 'NONE'
    ),

    equivalents as (
        select
            *,
            recoverable_hours / net_hours_per_fte as fte_equivalent,
            recoverable_hours / net_hours_per_fte * redeployment as fte_equivalent_redeployed,
            recoverable_hours * cost_per_net_hour as recovered_value,
            recoverable_hours * redeployment * cost_per_net_hour as redeployed_value
        from gaps
    ),

    residuals as (
        select
            *,
            case
                when gap_fte > fte_equivalent
                then gap_fte - fte_equivalent
                when gap_fte <= fte_equivalent
                then 0
            end as residual_fte_low,
            case
                when gap_fte > fte_equivalent_redeployed
                then gap_fte - fte_equivalent_redeployed
                when gap_fte <= fte_equivalent_redeployed
                then 0
            end as residual_fte_high,
            case
                when coalesce(fte, 0) = 0 or gap_fte is null or not coalesce(is_time_known, false)
                then 'insufficient_data'
                when gap_fte <= 0
                then 'no_gap'
                when is_mostly_reactive
                then 'investigate_reactive_drivers'
                when fte_equivalent >= gap_fte
                then 'tooling_first'
                when fte_equivalent >= mixed_from * gap_fte
                then 'mixed'
                else 'headcount_supported'
            end as verdict
        from equivalents
    ),

    final as (
        select
            residuals.scenario,
            residuals.tier_id,
            residuals.verdict,
            case
                residuals.verdict
                when 'no_gap'
                then 'There are people enough for what is owed.'
                when 'investigate_reactive_drivers'
                then
                    'Most of the time goes into questions and troubles: look into what causes them'
                    || ' before asking for people.'
                when 'tooling_first'
                then 'What tools could give back is more than what is missing.'
                when 'mixed'
                then 'Tools could give back a part of what is missing; people have to be the rest.'
                when 'headcount_supported'
                then 'Tools could give back little of what is missing.'
                else
                    case
                        when residuals.gap_fte is null or coalesce(residuals.fte, 0) = 0
                        then 'Nobody is known to look after these accounts, or nothing is owed.'
                        else 'Too few weeks of tracked time say what people do by hand.'
                    end
            end as verdict_reason,
            cast(residuals.accounts as bigint) as accounts,
            residuals.fte,
            residuals.needed_fte,
            residuals.gap_fte,
            residuals.gap_hours,
            residuals.recoverable_hours,
            residuals.fte_equivalent,
            residuals.fte_equivalent_redeployed,
            residuals.residual_fte_low,
            residuals.residual_fte_high,
            residuals.loaded_cost_per_year,
            residuals.cost_per_net_hour,
            residuals.gap_fte * residuals.loaded_cost_per_year as gap_cost,
            residuals.residual_fte_low * residuals.loaded_cost_per_year as residual_cost_low,
            residuals.residual_fte_high * residuals.loaded_cost_per_year as residual_cost_high,
            residuals.recovered_value,
            residuals.redeployed_value,
            residuals.tool_annual_cost,
            residuals.tool_setup_cost,
            residuals.tool_annual_cost
            / nullif(residuals.recoverable_hours, 0) as cost_per_recovered_hour,
            12
            * (residuals.tool_annual_cost + coalesce(residuals.tool_setup_cost, 0))
            / nullif(residuals.redeployed_value, 0) as payback_months,
            residuals.is_mostly_reactive,
            residuals.top_reasons,
            loads.light_load as light_book_accounts,
            loads.heavy_load as heavy_book_accounts,
            loads.light_coverage as light_book_covered_rate,
            loads.heavy_coverage as heavy_book_covered_rate,
            loads.light_renewal as light_book_renewal_rate,
            loads.heavy_renewal as heavy_book_renewal_rate,
            infrastructure.infrastructure_rate,
            infrastructure.missing as infrastructure_missing,
            context.as_of as as_of_date,
            context.config_version
        from residuals
        cross join infrastructure
        cross join context
        left join loads on residuals.tier_id = loads.tier_id
    )

select *
from final
order by scenario, tier_id
