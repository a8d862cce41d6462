-- What people do by hand that tools could do: hours a year of each kind of work, and of all that
-- tools may take over. Only what is tracked counts, and only what the model names.
with
    context as (
        select
            as_of,
            config_version,
            cast(date_trunc('week', {{ add_days("as_of", 1) }}) as date) as window_to
        from {{ source("meta", "context") }}
    ),

    models as (
        select
            models.*,
            capacity.net_hours_per_fte,
            capacity.work_days * capacity.hours_day as fte_hours
        from {{ ref("cfg_model") }} as models
        inner join {{ ref("cfg_capacity") }} as capacity on models.holds_from = capacity.holds_from
        inner join
            context
            on context.as_of >= models.holds_from
            and coalesce(context.as_of < models.holds_to, true)
    ),

    work_types as (
        select work_types.*
        from {{ ref("cfg_tooling") }} as work_types
        inner join models on work_types.holds_from = models.holds_from
    ),

    csms as (select * from {{ ref("dim_csm") }} where is_csm),

    costs as (
        select {{ exact_sum("users.loaded_cost_per_year") }} / count(*) as loaded_cost_per_year
        from {{ ref("users") }} as users
        inner join csms on users.user_id = csms.user_id
        where csms.is_employed and users.loaded_cost_per_year is not null
    ),

    team as (select fte from {{ ref("mart_capacity_tier") }} where tier_id = 'ALL'),

    tracked as (
        select
            time_spent.work_type,
            time_spent.week_start,
            time_spent.minutes,
            time_spent.category,
            time_spent.evidence = 'time_entry'
            or coalesce(time_spent.subcategory = 'admin', false) as tells_work
        from {{ ref("fct_activity_time") }} as time_spent
        inner join csms on time_spent.user_id = csms.user_id
        inner join
            context
            on time_spent.week_start < context.window_to
            and time_spent.week_start >= {{ add_days("context.window_to", -364) }}
        where time_spent.minutes > 0
    ),

    weeks as (
        select
            cast(
                coalesce(
                    {{ days_between("min(tracked.week_start)", "min(context.window_to)") }} / 7, 0
                ) as integer
            ) as weeks_tracked
        from context
        left join tracked on tracked.tells_work
    ),

    hours as (
        select work_type, {{ exact_sum("minutes") }} / 60 as tracked_hours
        from tracked
        where category <> 'not_working' and work_type is not null
        group by work_type
    ),

    internal as (
        select distinct work_type from tracked where category = 'internal' and work_type is not null
    ),

    kinds as (
        select work_type
        from work_types
        union
        select work_type
        from internal
    ),

    by_kind as (
        select
            kinds.work_type,
            work_types.tool,
            work_types.work_type is not null as is_named,
            work_types.is_human_only,
            work_types.automatable_low,
            work_types.automatable_mid,
            work_types.automatable_high,
            case
                when weeks.weeks_tracked > 0 then coalesce(hours.tracked_hours, 0)
            end as tracked_hours,
            coalesce(hours.tracked_hours, 0) * 52 / nullif(weeks.weeks_tracked, 0) as manual_hours
        from kinds
        cross join weeks
        left join work_types on kinds.work_type = work_types.work_type
        left join hours on kinds.work_type = hours.work_type
    ),

    recoverable as (
        select
            *,
            manual_hours * automatable_low as recoverable_low_hours,
            manual_hours * automatable_mid as recoverable_mid_hours,
            manual_hours * automatable_high as recoverable_high_hours
        from by_kind
    ),

    kinds_and_all as (
        select *
        from recoverable
        union all
        select
            'ALL' as work_type,
            null as tool,
            true as is_named,
            false as is_human_only,
            null as automatable_low,
            null as automatable_mid,
            null as automatable_high,
            {{ exact_sum("tracked_hours") }} as tracked_hours,
            {{ exact_sum("manual_hours") }} as manual_hours,
            {{ exact_sum("recoverable_low_hours") }} as recoverable_low_hours,
            {{ exact_sum("recoverable_mid_hours") }} as recoverable_mid_hours,
            {{ exact_sum("recoverable_high_hours") }} as recoverable_high_hours
        from recoverable
        where is_named and not is_human_only
    ),

    measured as (
        select
            kinds_and_all.*,
            weeks.weeks_tracked,
            models.net_hours_per_fte,
            models.tooling_redeployment,
            team.fte * models.fte_hours as gross_hours,
            costs.loaded_cost_per_year / models.net_hours_per_fte as cost_per_net_hour,
            case when work_type = 'ALL' then models.tooling_prior_low end as prior_low,
            case when work_type = 'ALL' then models.tooling_prior_high end as prior_high
        from kinds_and_all
        cross join weeks
        cross join models
        cross join costs
        left join team on true
    ),

    shared as (
        select
            *,
            {{ capped_share("manual_hours", "gross_hours") }} as manual_share,
            {{ capped_share("recoverable_mid_hours", "gross_hours") }} as recoverable_share
        from measured
    ),

    final as (
        select
            shared.work_type,
            shared.tool,
            shared.is_named,
            shared.is_human_only,
            shared.automatable_low,
            shared.automatable_mid,
            shared.automatable_high,
            shared.weeks_tracked,
            shared.tracked_hours,
            shared.manual_hours,
            shared.gross_hours,
            shared.net_hours_per_fte,
            shared.manual_share,
            shared.recoverable_low_hours,
            shared.recoverable_mid_hours,
            shared.recoverable_high_hours,
            shared.recoverable_share,
            shared.prior_low,
            shared.prior_high,
            shared.prior_low * shared.gross_hours as prior_low_hours,
            shared.prior_high * shared.gross_hours as prior_high_hours,
            case
                when shared.weeks_tracked < {{ least_weeks_tracked() }}
                then null
                when shared.recoverable_share < shared.prior_low
                then 'below_prior'
                when shared.recoverable_share > shared.prior_high
                then 'above_prior'
                when shared.recoverable_share between shared.prior_low and shared.prior_high
                then 'within_prior'
            end as prior_verdict,
            case
                when shared.weeks_tracked >= {{ least_weeks_tracked() }}
                then not shared.recoverable_share between shared.prior_low and shared.prior_high
            end as is_outside_prior,
            shared.recoverable_low_hours / shared.net_hours_per_fte as fte_equivalent_low,
            shared.recoverable_mid_hours / shared.net_hours_per_fte as fte_equivalent,
            shared.recoverable_high_hours / shared.net_hours_per_fte as fte_equivalent_high,
            shared.recoverable_mid_hours
            / shared.net_hours_per_fte
            * shared.tooling_redeployment as fte_equivalent_redeployed,
            shared.cost_per_net_hour,
            shared.recoverable_mid_hours * shared.cost_per_net_hour as recovered_value,
            context.as_of as as_of_date,
            context.config_version
        from shared
        cross join context
    )

select *
from final
order by work_type
