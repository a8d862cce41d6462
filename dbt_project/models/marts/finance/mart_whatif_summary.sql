-- What more hours would come to: those of additional people, and those that tools would give back.
-- How many are lost to internal work, and how much of what customers miss the rest would fill.
with
    context as (
        select
            as_of,
            config_version,
            cast(date_trunc('week', {{ add_days("as_of", 1) }}) as date) as window_to
        from {{ source("meta", "context") }}
    ),

    models as (
        select models.*, capacity.internal_share
        from {{ ref("cfg_model") }} as models
        inner join {{ ref("cfg_capacity") }} as capacity on models.holds_from = capacity.holds_from
        inner join
            context
            on context.as_of >= models.holds_from
            and coalesce(context.as_of < models.holds_to, true)
    ),

    team as (
        select required_hours, supply_hours
        from {{ ref("mart_capacity_tier") }}
        where tier_id = 'ALL'
    ),

    tooling as (
        select gross_hours, recoverable_mid_hours, weeks_tracked
        from {{ ref("mart_tooling_substitution") }}
        where work_type = 'ALL'
    ),

    csms as (select user_id from {{ ref("dim_csm") }} where is_csm),

    -- The weeks in which it is told how internal hours are spent.
    span as (
        select
            context.window_to,
            {{ add_days("context.window_to", "-7 * tooling.weeks_tracked") }} as window_from
        from context
        cross join tooling
    ),

    spent as (
        select
            {{
                exact_sum(
                    "case when time_spent.category = 'internal' then time_spent.minutes else 0 end"
                )
            }} as internal_minutes, {{ exact_sum("time_spent.minutes") }} as tracked_minutes
        from {{ ref("fct_activity_time") }} as time_spent
        inner join csms on time_spent.user_id = csms.user_id
        inner join
            span
            on time_spent.week_start >= span.window_from
            and time_spent.week_start < span.window_to
        where time_spent.category <> 'not_working'
    ),

    contracted as (
        select {{ exact_sum("weeks.working_hours") }} * 60 as contracted_minutes
        from {{ ref("int_csm_week") }} as weeks
        inner join
            span on weeks.week_start >= span.window_from and weeks.week_start < span.window_to
    ),

    observed as (
        select
            case
                when
                    tooling.weeks_tracked >= {{ least_weeks_tracked() }}
                    and 1 - {{ share("spent.tracked_minutes", "contracted.contracted_minutes") }}
                    < models.max_unaccounted
                then {{ share("spent.internal_minutes", "spent.tracked_minutes") }}
            end as internal_share
        from tooling
        cross join models
        cross join spent
        cross join contracted
    ),

    scenarios as (
        select
            'uplift' as scenario,
            models.capacity_uplift as uplift,
            tooling.gross_hours * models.capacity_uplift as gross_extra_hours,
            coalesce(observed.internal_share, models.internal_share) as absorbed_share,
            case
                when observed.internal_share is not null then 'observed' else 'assumed'
            end as absorbed_basis,
            models.tooling_constraint_share
        from models
        cross join tooling
        cross join observed
        union all
        select
            'tooling' as scenario,
            null as uplift,
            case
                when tooling.weeks_tracked >= {{ least_weeks_tracked() }}
                then tooling.recoverable_mid_hours
            end as gross_extra_hours,
            1 - models.tooling_redeployment as absorbed_share,
            'redeployment' as absorbed_basis,
            null as tooling_constraint_share
        from models
        cross join tooling
    ),

    filled as (
        select
            scenarios.*,
            gross_extra_hours * absorbed_share as absorbed_hours,
            gross_extra_hours - gross_extra_hours * absorbed_share as net_extra_hours,
            team.required_hours,
            team.supply_hours,
            case
                when team.required_hours > team.supply_hours
                then team.required_hours - team.supply_hours
                when team.required_hours <= team.supply_hours
                then 0
            end as unmet_hours
        from scenarios
        left join team on true
    ),

    final as (
        select
            filled.scenario,
            filled.uplift,
            filled.gross_extra_hours,
            filled.absorbed_share,
            filled.absorbed_basis,
            filled.absorbed_hours,
            filled.net_extra_hours,
            case
                when filled.absorbed_share > filled.tooling_constraint_share
                then 'tooling'
                when filled.absorbed_share <= filled.tooling_constraint_share
                then 'headcount'
            end as constraint_kind,
            filled.required_hours,
            filled.supply_hours,
            filled.unmet_hours,
            case
                when filled.net_extra_hours is not null and filled.unmet_hours is not null
                then least(filled.unmet_hours, filled.net_extra_hours)
            end as unmet_filled_hours,
            case
                when filled.net_extra_hours is not null and filled.unmet_hours is not null
                then greatest(0, filled.unmet_hours - filled.net_extra_hours)
            end as unmet_after_hours,
            context.as_of as as_of_date,
            context.config_version
        from filled
        cross join context
    )

select *
from final
order by scenario
