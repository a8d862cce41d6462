-- The health of each account on the days of the spine. Who left keeps the last live value, frozen.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as (select * from {{ ref("cfg_model") }}),

    spine as ({{ health_spine("context") }}),

    days as (select * from {{ ref("int_health_day") }} where is_model_of_day),

    live as (
        select *, day as shown_on, cast(null as date) as frozen_on from days where is_on_spine
    ),

    active as (
        select
            account_id,
            active_from,
            active_to,
            lead(active_from) over (
                partition by account_id order by active_from
            ) as next_active_from
        from {{ ref("int_account_active") }}
    ),

    frozen as (
        select days.*, spine.day as shown_on, active.active_to as frozen_on
        from active
        cross join context
        inner join
            days
            on active.account_id = days.account_id
            and days.day = {{ add_days("active.active_to", -1) }}
        inner join
            spine
            on spine.day >= active.active_to
            and coalesce(spine.day < active.next_active_from, true)
        where
            active.active_to <= context.as_of
            and active.active_to > {{ add_days("context.as_of", -728) }}
    ),

    shown_days as (
        select *
        from live
        union all
        select *
        from frozen
    ),

    -- The day on the spine that is at least so many days before, for each.
    days_before as (
        select
            spine.day,
            max(
                case when earlier.day <= {{ add_days("spine.day", -28) }} then earlier.day end
            ) as day_28,
            max(
                case when earlier.day <= {{ add_days("spine.day", -90) }} then earlier.day end
            ) as day_90
        from spine
        inner join spine as earlier on earlier.day < spine.day
        group by spine.day
    ),

    -- Least squares over 28 daily points; sums are exact, so that their order does
    -- not matter.
    points as (
        select
            live.account_id,
            spine.day,
            {{ days_between("spine.day", "live.day") }} as x,
            cast(live.final_score as decimal(18, 9)) as y,
            live.health_version
        from spine
        cross join context
        inner join
            live
            on live.day > {{ add_days("spine.day", -28) }}
            and live.day <= spine.day
            and live.final_score is not null
        where spine.day >= {{ add_days("context.as_of", -7) }}
    ),

    slopes as (
        select
            account_id,
            day,
            case
                when count(*) >= 14 and min(health_version) = max(health_version)
                then
                    cast(count(*) * sum(x * y) - sum(x) * sum(y) as double)
                    / cast(count(*) * sum(x * x) - sum(x) * sum(x) as double)
            end as slope_28d,
            min(health_version) as health_version
        from points
        group by account_id, day
    ),

    -- A band is shown once it has stood for some nights; the first one at once.
    runs as (
        select
            *,
            row_number() over (partition by account_id order by shown_on) as place,
            row_number() over (partition by account_id order by shown_on)
            - row_number() over (partition by account_id, band order by shown_on) as island
        from shown_days
    ),

    stood as (
        select
            *,
            row_number() over (
                partition by account_id, band, island order by shown_on
            ) as nights_in_band
        from runs
    ),

    final as (
        select
            stood.account_id,
            stood.shown_on as as_of_on,
            stood.tier_id,
            stood.computed_score,
            stood.override_score,
            stood.override_kind,
            stood.final_score,
            stood.band,
            {{
                last_known(
                    "case when stood.nights_in_band >= settings.band_dwell_runs or stood.place = 1 then stood.band end"
                )
            }}
            over (partition by stood.account_id order by stood.shown_on) as shown_band,
            stood.input_coverage,
            case
                when stood.frozen_on is null
                then round(stood.final_score - before_28.final_score, 9)
            end as delta_28d,
            case
                when stood.frozen_on is null
                then round(stood.final_score - before_90.final_score, 9)
            end as delta_90d,
            case when stood.frozen_on is null then slopes.slope_28d end as slope_28d,
            stood.frozen_on,
            stood.csp_score,
            stood.csp_score_source,
            stood.held_measures,
            stood.is_stale_warned,
            stood.effective_from as config_version_of_day,
            context.as_of as as_of_date,
            context.config_version
        from stood
        cross join context
        inner join settings on stood.holds_from = settings.holds_from
        left join days_before on stood.shown_on = days_before.day
        left join
            live as before_28
            on stood.account_id = before_28.account_id
            and days_before.day_28 = before_28.day
            and stood.health_version = before_28.health_version
        left join
            live as before_90
            on stood.account_id = before_90.account_id
            and days_before.day_90 = before_90.day
            and stood.health_version = before_90.health_version
        left join
            slopes
            on stood.account_id = slopes.account_id
            and stood.shown_on = slopes.day
            and stood.health_version = slopes.health_version
    )

select *
from final
