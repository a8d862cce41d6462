-- How far the AUC of a cell would vary if its accounts were others: accounts are drawn anew, 1,000
-- times, from a seed that (metric, tier, horizon, period) decide; see int_coverage_bootstrap. A
-- replicate's AUC is the linear part of it: the mean placement of the kept renewals drawn and that
-- of the lost ones, less the AUC, which spares counting all pairs anew for each replicate.
{{ config(schema="core") }}
{% set tail = 25 %}
{% set most_clusters = 500 %}
{% set cell_key = ["tier_id", "horizon_days", "period_type", "period_start"] %}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (
        select models.calibration_min_lost
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    accounts as (
        select
            {{ cell_key | join(", ") }},
            account_id,
            count(*) filter (where not is_lost) as kept,
            coalesce(sum(right_side_twice) filter (where not is_lost), 0) as kept_twice,
            count(*) filter (where is_lost) as lost,
            coalesce(sum(right_side_twice) filter (where is_lost), 0) as lost_twice
        from {{ ref("int_health_outcome") }}
        where score is not null
        group by {{ cell_key | join(", ") }}, account_id
    ),

    placed as (
        select
            *,
            (row_number() over (partition by {{ cell_key | join(", ") }} order by account_id) - 1)
            % {{ most_clusters }} as place
        from accounts
    ),

    drawn_cells as (
        select
            row_number() over (order by {{ cell_key | join(", ") }}) as cell,
            {{ cell_key | join(", ") }},
            {{
                seed_of(
                    "'health_auc|' || tier_id || '|' || horizon_days || '|' || period_type || '|' || cast(period_start as varchar)"
                )
            }}
            as seed,
            sum(kept) as kept,
            sum(lost) as lost,
            least(count(*), {{ most_clusters }}) as cluster_count,
            sum(kept_twice) / (2.0 * sum(kept) * sum(lost)) as auc
        from placed
        cross join settings
        group by {{ cell_key | join(", ") }}
        having sum(lost) >= max(settings.calibration_min_lost) and sum(kept) > 0
    ),

    clusters as (
        select
            drawn_cells.cell,
            drawn_cells.cluster_count,
            placed.place,
            cast(sum(placed.kept) as bigint) as kept,
            cast(sum(placed.kept_twice) as bigint) as kept_twice,
            cast(sum(placed.lost) as bigint) as lost,
            cast(sum(placed.lost_twice) as bigint) as lost_twice
        from placed
        inner join
            drawn_cells
            on {% for name in cell_key -%}
                placed.{{ name }} = drawn_cells.{{ name }} {{- " and " if not loop.last }}
            {% endfor %}
        group by drawn_cells.cell, drawn_cells.cluster_count, placed.place
    ),

    {{ cluster_draws() }},

    drawn as (
        select
            draws.cell,
            draws.replicate,
            sum(clusters.kept) as kept,
            sum(clusters.kept_twice) as kept_twice,
            sum(clusters.lost) as lost,
            sum(clusters.lost_twice) as lost_twice
        from draws
        inner join clusters on draws.cell = clusters.cell and draws.place = clusters.place
        group by draws.cell, draws.replicate
    ),

    replicate_aucs as (
        select
            drawn.cell,
            drawn.replicate,
            drawn.kept_twice / (2.0 * drawn.kept * drawn_cells.lost)
            + drawn.lost_twice / (2.0 * drawn.lost * drawn_cells.kept)
            - drawn_cells.auc as auc
        from drawn
        inner join drawn_cells on drawn.cell = drawn_cells.cell
        where drawn.kept > 0 and drawn.lost > 0
    ),

    ordered as (
        select
            cell,
            auc,
            row_number() over (partition by cell order by auc, replicate) as rank_upwards,
            row_number() over (partition by cell order by auc desc, replicate) as rank_downwards
        from replicate_aucs
    ),

    bounds as (
        select
            cell,
            max(case when rank_upwards = {{ tail }} then auc end) as low,
            max(case when rank_downwards = {{ tail }} then auc end) as high
        from ordered
        group by cell
    ),

    final as (
        select
            {% for name in cell_key -%} drawn_cells.{{ name }}, {% endfor -%}
            greatest(least(bounds.low, drawn_cells.auc), 0) as auc_low,
            least(greatest(bounds.high, drawn_cells.auc), 1) as auc_high
        from drawn_cells
        inner join bounds on drawn_cells.cell = bounds.cell
    )

select *
from final
order by {{ cell_key | join(", ") }}
