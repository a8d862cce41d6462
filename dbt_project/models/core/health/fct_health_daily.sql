-- The health of each account on the days of the spine. Who left keeps the last live value, frozen.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as (select * from {{ ref("cfg_model") }}),

    spine as ({{ health_spine("context") }}),

    accounts as ({{ account_numbers(ref("int_health_day")) }}),

    days as (
        select accounts.account_number, days.*
        from {{ ref("int_health_day") }} as days
        inner join accounts on days.account_id = accounts.account_id
        where days.is_model_of_day
    ),

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
            live.account_number,
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
            account_number,
            day,
            case
                when count(*) >= 14 and min(health_version) = max(health_version)
                then
                    cast(count(*) * sum(x * y) - sum(x) * sum(y) as double)
                    / cast(count(*) * sum(x * x) - sum(x) * sum(x) as double)
            end as slope_28d,
            min(health_version) as health_version
        from points
        group by account_number, day
    ),

    -- A band is shown once it has stood for some nights; the first one at once.
    nights as (
        select
            shown_days.account_number,
            shown_days.shown_on,
            shown_days.band,
            settings.band_dwell_runs,
            row_number() over told as place,
            lag(shown_days.band) over told as band_before
        from shown_days
        inner join settings on shown_days.holds_from = settings.holds_from
        window told as (partition by shown_days.account_number order by shown_days.shown_on)
    ),

    stood as (
        select
            *,
            max(case when place = 1 or band is distinct from band_before then place end) over (
                partition by account_number order by shown_on
            ) as first_place_in_band
        from nights
    ),

    shown_bands as (
        select
            account_number,
            shown_on,
            {{
                last_known(
                    "case when place = 1 or place - first_place_in_band + 1 >= band_dwell_runs then band end"
                )
            }}
            over (partition by account_number order by shown_on) as shown_band
        from stood
    ),

    final as (
        select
            shown_days.account_id,
            shown_days.shown_on as as_of_on,
            shown_days.tier_id,
            shown_days.computed_score,
            shown_days.override_score,
            shown_days.override_kind,
            shown_days.final_score,
            shown_days.band,
            shown_bands.shown_band,
            shown_days.input_coverage,
            case
                when shown_days.frozen_on is null
                then round(shown_days.final_score - before_28.final_score, 9)
            end as delta_28d,
            case
                when shown_days.frozen_on is null
                then round(shown_days.final_score - before_90.final_score, 9)
            end as delta_90d,
            case when shown_days.frozen_on is null then slopes.slope_28d end as slope_28d,
            shown_days.frozen_on,
            shown_days.csp_score,
            shown_days.csp_score_source,
            shown_days.held_measures,
            shown_days.is_stale_warned,
            shown_days.effective_from as config_version_of_day,
            context.as_of as as_of_date,
            context.config_version
        from shown_days
        cross join context
        inner join
            shown_bands
            on shown_days.account_number = shown_bands.account_number
            and shown_days.shown_on = shown_bands.shown_on
        left join days_before on shown_days.shown_on = days_before.day
        left join
            live as before_28
            on shown_days.account_number = before_28.account_number
            and days_before.day_28 = before_28.day
            and shown_days.health_version = before_28.health_version
        left join
            live as before_90
            on shown_days.account_number = before_90.account_number
            and days_before.day_90 = before_90.day
            and shown_days.health_version = before_90.health_version
        left join
            slopes
            on shown_days.account_number = slopes.account_number
            and shown_days.shown_on = slopes.day
            and shown_days.health_version = slopes.health_version
    )

select *
from final
