-- What a score had said some time before each term end that has been judged, beside what became of
-- it: one row a term end, horizon, tier or all tiers, and quarter or all periods.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    horizons as (
        select cast({{ rows_of("calibration.horizons_d") }} as integer) as horizon_days
        from
            (
                select
                    {{
                        fields_of(
                            json_value("model", "calibration", "varchar"),
                            {"horizons_d": ["INTEGER"]},
                        )
                    }} as calibration
                from {{ ref("int_coverage_model") }} as models
                inner join
                    context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
            ) as models_of_the_day
    ),

    models as (select holds_from, holds_to from {{ ref("int_coverage_model") }}),

    scores as (
        select account_id, day, holds_from, final_score, band
        from {{ ref("int_health_day") }}
        where band <> 'insufficient_data'
    ),

    -- Whether a term that ran out lately is lost, nobody knows yet.
    judged as (
        select
            renewals.renewal_id,
            renewals.account_id,
            renewals.tier_id,
            renewals.term_end_on,
            renewals.outcome in ('churned', 'winback') as is_lost
        from {{ ref("fct_renewal") }} as renewals
        inner join context on renewals.term_end_on <= context.as_of
        where renewals.outcome not in ('open_lapsed', 'upcoming')
    ),

    scored as (
        select
            judged.renewal_id,
            judged.account_id,
            judged.tier_id,
            judged.term_end_on,
            judged.is_lost,
            horizons.horizon_days,
            scores.final_score as score,
            scores.band
        from judged
        cross join horizons
        inner join
            models
            on {{
                holds_on(
                    "models",
                    "holds_from",
                    "holds_to",
                    add_days("judged.term_end_on", "-horizons.horizon_days"),
                )
            }}
        left join
            scores
            on judged.account_id = scores.account_id
            and scores.day = {{ add_days("judged.term_end_on", "-horizons.horizon_days") }}
            and models.holds_from = scores.holds_from
    ),

    of_tiers as (
        select *
        from scored
        where tier_id is not null
        union all
        select
            renewal_id,
            account_id,
            'ALL' as tier_id,
            term_end_on,
            is_lost,
            horizon_days,
            score,
            band
        from scored
    ),

    of_periods as (
        select
            of_tiers.*,
            'quarter' as period_type,
            cast(date_trunc('quarter', term_end_on) as date) as period_start,
            cast(date_trunc('quarter', term_end_on) as date) as last_quarter_start
        from of_tiers
        union all
        select
            of_tiers.*,
            'all' as period_type,
            cast(date_trunc('quarter', min(term_end_on) over ()) as date) as period_start,
            cast(date_trunc('quarter', max(term_end_on) over ()) as date) as last_quarter_start
        from of_tiers
    ),

    cells as (
        select
            renewal_id,
            account_id,
            tier_id,
            horizon_days,
            period_type,
            period_start,
            {{ add_days(months_later("last_quarter_start", 3), -1) }} as period_end,
            is_lost,
            score,
            band
        from of_periods
    ),

    -- Many share a score: what lies above and below is counted once a score.
    of_scores as (
        select
            tier_id,
            horizon_days,
            period_type,
            period_start,
            score,
            count(*) filter (where is_lost) as lost,
            count(*) filter (where not is_lost) as kept
        from cells
        where score is not null
        group by tier_id, horizon_days, period_type, period_start, score
    ),

    above_and_below as (
        select
            tier_id,
            horizon_days,
            period_type,
            period_start,
            score,
            coalesce(sum(lost) over below, 0) as lost_below,
            coalesce(sum(kept) over above, 0) as kept_above,
            lost,
            kept
        from of_scores
        window
            below as (
                partition by tier_id, horizon_days, period_type, period_start
                order by score
                rows between unbounded preceding and 1 preceding
            ),
            above as (
                partition by tier_id, horizon_days, period_type, period_start
                order by score desc
                rows between unbounded preceding and 1 preceding
            )
    ),

    -- On how many of the other outcome's it is on the right side: kept above lost. Counted twice,
    -- so that ties, which count half, stay whole numbers.
    final as (
        select
            cells.*,
            cast(
                case
                    when cells.is_lost
                    then 2 * above_and_below.kept_above + above_and_below.kept
                    else 2 * above_and_below.lost_below + above_and_below.lost
                end as bigint
            ) as right_side_twice
        from cells
        left join
            above_and_below
            on cells.tier_id = above_and_below.tier_id
            and cells.horizon_days = above_and_below.horizon_days
            and cells.period_type = above_and_below.period_type
            and cells.period_start = above_and_below.period_start
            and cells.score = above_and_below.score
    )

select *
from final
order by horizon_days, tier_id, period_type, period_start, renewal_id
