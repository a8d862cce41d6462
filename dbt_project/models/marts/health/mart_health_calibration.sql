-- Whether the health score told what became of term ends: for each tier and all, at each
-- horizon, by quarter of term end and over all periods.
{% set cell_key = ["tier_id", "horizon_days", "period_type", "period_start"] %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as (
        select models.calibration_min_lost, models.calibration_auc_ok_lower, models.low_n
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    intervals as (select * from {{ ref("int_health_auc_interval") }}),

    counted as (
        select
            {{ cell_key | join(", ") }},
            period_end,
            count(score) as renewals,
            count(*) - count(score) as renewals_without_score,
            count(distinct account_id) filter (where score is not null) as accounts,
            count(score) filter (where is_lost) as lost,
            count(score) filter (where not is_lost) as kept,
            {% for band in ["green", "yellow", "red"] -%}
                count(*) filter (where band = '{{ band }}') as {{ band }},
                count(*) filter (where band = '{{ band }}' and is_lost) as {{ band }}_lost,
                count(*) filter (where band = '{{ band }}' and not is_lost) as {{ band }}_kept,
            {% endfor -%}
            sum(right_side_twice) filter (where not is_lost) as right_side_twice,
            {{
                exact_sum(
                    "case when is_lost then score / 100 * score / 100 else (1 - score / 100) * (1 - score / 100) end",
                    12,
                )
            }}
            / count(score) as brier,
            {{
                list_in_order(
                    "account_id", "account_id", "band= 'green' and is_lost and account_place = 1"
                )
            }} as false_green_account_ids
        from
            (
                select
                    *,
                    row_number() over (
                        partition by {{ cell_key | join(", ") }}, account_id, band, is_lost
                        order by renewal_id
                    ) as account_place
                from {{ ref("int_health_outcome") }}
            ) as outcomes
        group by {{ cell_key | join(", ") }}, period_end
    ),

    measured as (
        select
            counted.*,
            counted.right_side_twice / nullif(2.0 * counted.kept * counted.lost, 0) as auc,
            intervals.auc_low,
            intervals.auc_high,
            -- A kept one has a better colour than a lost one; the same colour counts half.
            (
                counted.green_kept * (counted.yellow_lost + counted.red_lost)
                + counted.yellow_kept * counted.red_lost
                + (
                    counted.green_kept * counted.green_lost
                    + counted.yellow_kept * counted.yellow_lost
                    + counted.red_kept * counted.red_lost
                )
                / 2.0
            )
            / nullif(counted.kept * counted.lost, 0) as banded_auc
        from counted
        left join
            intervals
            on {% for name in cell_key -%}
                counted.{{ name }} = intervals.{{ name }} {{- " and " if not loop.last }}
            {% endfor %}
    ),

    final as (
        select
            measured.tier_id,
            measured.horizon_days,
            measured.period_type,
            measured.period_start,
            measured.period_end,
            measured.renewals,
            measured.renewals_without_score,
            measured.accounts,
            measured.lost,
            measured.renewals < settings.low_n as is_low_n,
            measured.auc,
            measured.auc_low,
            measured.auc_high,
            measured.banded_auc,
            measured.brier,
            measured.green,
            measured.green_lost,
            measured.yellow,
            measured.yellow_lost,
            measured.red,
            measured.red_lost,
            {% set shares = [
                ("red_precision", "red_lost", "red"),
                ("red_recall", "red_lost", "lost"),
                ("false_green_rate", "green_lost", "green"),
            ] -%}
            {% for name, part, whole in shares -%}
                {{ share("measured." ~ part, "measured." ~ whole) }} as {{ name }},
                {{ wilson_low("measured." ~ part, "measured." ~ whole) }} as {{ name }}_low,
                {{ wilson_high("measured." ~ part, "measured." ~ whole) }} as {{ name }}_high,
            {% endfor -%}
            measured.false_green_account_ids,
            case
                when measured.lost < settings.calibration_min_lost or measured.kept = 0
                then 'insufficient'
                when measured.auc_low > settings.calibration_auc_ok_lower
                then 'calibrated'
                when measured.auc_low > 0.5
                then 'weak'
                else 'uncalibrated'
            end as status,
            'Accounts that show red get help, and some stay because of it: the share of red ones '
            || 'that are lost understates what the score knew.' as caveat,
            context.as_of as as_of_date,
            context.config_version
        from measured
        cross join settings
        cross join context
    )

select *
from final
order by tier_id, horizon_days, period_type, period_start
