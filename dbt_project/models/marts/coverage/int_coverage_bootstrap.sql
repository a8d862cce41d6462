-- How far a tier's share of good obligations would vary if its accounts were others: obligations
-- cluster in accounts, so accounts are drawn anew, 1,000 times, from a seed that (metric, tier,
-- period) decide. The 25th smallest and 25th largest share bound 95 %. Of more than 500 accounts,
-- those 500 places apart are drawn together: the interval is as wide, and large tiers cost no more.
{{ config(schema="core") }}
{% set replicates = 1000 %}
{% set tail = 25 %}
{% set most_clusters = 500 %}
with
    accounts as (
        select tier_id, period_type, period_start, account_id, obligations_counted, obligations_good
        from {{ ref("mart_coverage_account_period") }}
        where obligations_counted > 0
    ),

    tiers_and_all as (
        select *
        from accounts
        union all
        select
            'ALL' as tier_id,
            period_type,
            period_start,
            account_id,
            sum(obligations_counted) as obligations_counted,
            sum(obligations_good) as obligations_good
        from accounts
        group by period_type, period_start, account_id
    ),

    placed as (
        select
            dense_rank() over (order by tier_id, period_type, period_start) as cell,
            tier_id,
            period_type,
            period_start,
            (
                row_number() over (
                    partition by tier_id, period_type, period_start order by account_id
                )
                - 1
            )
            % {{ most_clusters }} as place,
            obligations_counted,
            obligations_good
        from tiers_and_all
    ),

    clusters as (
        select
            cell,
            tier_id,
            period_type,
            period_start,
            place,
            cast(sum(obligations_counted) as bigint) as obligations_counted,
            cast(sum(obligations_good) as bigint) as obligations_good,
            count(*) over (partition by cell) as cluster_count
        from placed
        group by cell, tier_id, period_type, period_start, place
    ),

    cells as (
        select
            cell,
            tier_id,
            period_type,
            period_start,
            {{
                seed_of(
                    "'obligation_cts|' || tier_id || '|' || period_type || '|' || cast(period_start as varchar)"
                )
            }}
            as seed,
            sum(obligations_good) / cast(sum(obligations_counted) as double) as estimate
        from clusters
        group by cell, tier_id, period_type, period_start
    ),

    digits as (
        select digit from (values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as digits(digit)
    ),

    -- Not the rows of a list: their number is known before they are made, and the planner keeps the
    -- draws, of which there are very many, out of memory.
    replicates as (
        select hundreds.digit * 100 + tens.digit * 10 + ones.digit as replicate
        from digits as hundreds
        cross join digits as tens
        cross join digits as ones
    ),

    -- A replicate draws as many clusters as there are: the n-th draw has the number of the n-th.
    numbered as (
        select
            clusters.cell,
            replicates.replicate,
            clusters.cluster_count,
            (cells.seed + replicates.replicate * clusters.cluster_count + clusters.place)
            & 4294967295 as number
        from clusters
        inner join cells on clusters.cell = cells.cell
        cross join replicates
    ),

    once as (
        select cell, replicate, cluster_count, {{ scrambled("number") }} as number from numbered
    ),

    twice as (select cell, replicate, cluster_count, {{ scrambled("number") }} as number from once),

    draws as (select cell, replicate, {{ folded("number") }} % cluster_count as place from twice),

    replicate_shares as (
        select
            draws.cell,
            draws.replicate,
            sum(clusters.obligations_good)
            / cast(sum(clusters.obligations_counted) as double) as share_good
        from draws
        inner join clusters on draws.cell = clusters.cell and draws.place = clusters.place
        group by draws.cell, draws.replicate
    ),

    ordered as (
        select
            cell,
            share_good,
            row_number() over (partition by cell order by share_good, replicate) as share_rank
        from replicate_shares
    ),

    bounds as (
        select
            cell,
            max(case when share_rank = {{ tail }} then share_good end) as low,
            max(case when share_rank = {{ replicates + 1 - tail }} then share_good end) as high
        from ordered
        group by cell
    ),

    final as (
        select
            cells.tier_id,
            cells.period_type,
            cells.period_start,
            least(bounds.low, cells.estimate) as obligation_cts_low,
            greatest(bounds.high, cells.estimate) as obligation_cts_high
        from cells
        inner join bounds on cells.cell = bounds.cell
    )

select *
from final
order by tier_id, period_type, period_start
