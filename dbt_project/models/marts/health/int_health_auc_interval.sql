-- How far the AUC of a cell would vary if its accounts were others: accounts are drawn anew, 1,000
-- times, from a seed that (metric, tier, horizon, period) decide; see int_coverage_bootstrap. A
-- replicate's AUC is the linear part of it: the mean placement of the kept renewals drawn and that
-- of the lost ones, less the AUC, which spares counting all pairs anew for each replicate. What the
-- night before drew for the same accounts with the same placements is not drawn again.
{{ config(schema="core", post_hook="{{ remember_intervals('auc_low', 'auc_high') }}") }}
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

    {{ known_intervals() }},

    clusters as (
        select
            {{ cell_key | join(", ") }},
            dense_rank() over (order by {{ cell_key | join(", ") }}) as cell,
            place,
            count(*) over (partition by {{ cell_key | join(", ") }}) as cluster_count,
            cast(sum(kept) as bigint) as kept,
            cast(sum(kept_twice) as bigint) as kept_twice,
            cast(sum(lost) as bigint) as lost,
            cast(sum(lost_twice) as bigint) as lost_twice
        from placed
        group by {{ cell_key | join(", ") }}, place
    ),

    estimated_cells as (
        select
            cell,
            {{ cell_key | join(", ") }},
            {{
                seed_of(
                    "'health_auc|' || tier_id || '|' || horizon_days || '|' || period_type || '|' || cast(period_start as varchar)"
                )
            }}
            as seed,
            {{
                fingerprint(
                    ["'health_auc'"]
                    + cell_key
                    + [
                        "sum("
                        ~ row_hash(["place", "kept", "kept_twice", "lost", "lost_twice"])
                        ~ ")",
                        "max(recipe)",
                    ]
                )
            }} as fingerprint,
            sum(kept) as kept,
            sum(lost) as lost,
            sum(kept_twice) / (2.0 * sum(kept) * sum(lost)) as auc
        from clusters
        cross join recipes
        cross join settings
        group by cell, {{ cell_key | join(", ") }}
        having sum(lost) >= max(settings.calibration_min_lost) and sum(kept) > 0
    ),

    drawn_cells as (
        select cell, seed
        from estimated_cells
        where fingerprint not in (select fingerprint from known)
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
            drawn.kept_twice / (2.0 * drawn.kept * estimated_cells.lost)
            + drawn.lost_twice / (2.0 * drawn.lost * estimated_cells.kept)
            - estimated_cells.auc as auc
        from drawn
        inner join estimated_cells on drawn.cell = estimated_cells.cell
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
            {% for name in cell_key -%} estimated_cells.{{ name }}, {% endfor -%}
            coalesce(known.low, greatest(least(bounds.low, estimated_cells.auc), 0)) as auc_low,
            coalesce(known.high, least(greatest(bounds.high, estimated_cells.auc), 1)) as auc_high,
            estimated_cells.fingerprint as drawn_for
        from estimated_cells
        left join bounds on estimated_cells.cell = bounds.cell
        left join known on estimated_cells.fingerprint = known.fingerprint
        where bounds.cell is not null or known.fingerprint is not null
    )

select *
from final
order by {{ cell_key | join(", ") }}
