{# Statistics that more than one mart needs. #}
{# A share; NULL without a denominator. #}
{% macro share(part, whole) -%}
    (cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0))
{%- endmacro %}

{# Wilson's interval of 95 % for `successes` of `trials`: its lower or upper end, within [0, 1], and
   never inside the share itself. NULL without trials. #}
{% macro wilson_low(successes, trials) -%}
    case
        when {{ trials }} > 0
        then
            least(
                {{ share(successes, trials) }},
                greatest(
                    0,
                    {{ wilson_centre(successes, trials) }} - {{ wilson_margin(successes, trials) }}
                )
            )
    end
{%- endmacro %}
{% macro wilson_high(successes, trials) -%}
    case
        when {{ trials }} > 0
        then
            greatest(
                {{ share(successes, trials) }},
                least(
                    1,
                    {{ wilson_centre(successes, trials) }} + {{ wilson_margin(successes, trials) }}
                )
            )
    end
{%- endmacro %}
{% macro wilson_centre(successes, trials) -%}
    (({{ successes }} + {{ z95() }} * {{ z95() }} / 2) / ({{ trials }} + {{ z95() }} * {{ z95() }}))
{%- endmacro %}
{% macro wilson_margin(successes, trials) -%}
    (
        {{ z95() }} * sqrt(
            {{ successes }}
            * ({{ trials }} - {{ successes }})
            / nullif(cast({{ trials }} as double), 0)
            + {{ z95() }} * {{ z95() }} / 4
        )
        / ({{ trials }} + {{ z95() }} * {{ z95() }})
    )
{%- endmacro %}

{# The two-sided 95 % quantile of the normal distribution. #}
{% macro z95() -%} cast(1.959963984540054 as double) {%- endmacro %}

{# A whole number from 0 to 2^32 - 1 that a text stands for: the seed of what is drawn for it. #}
{% macro seed_of(text) -%} {{ return(adapter.dispatch("seed_of")(text)) }} {%- endmacro %}
{% macro duckdb__seed_of(text) -%} cast('0x' || left(md5({{ text }}), 8) as bigint) {%- endmacro %}
{% macro spark__seed_of(text) -%}
    cast(conv(left(md5({{ text }}), 8), 16, 10) as bigint)
{%- endmacro %}

{# One of the two rounds that turn neighbouring numbers below 2^32 into unrelated ones; after both,
   `folded`. Exact in 64 bits, so that any engine draws the same. #}
{% macro scrambled(number) -%}(({{ folded(number) }} * 73244475) & 4294967295) {%- endmacro %}
{% macro folded(number) -%} {{ return(adapter.dispatch("folded")(number)) }} {%- endmacro %}
{% macro duckdb__folded(number) -%} xor({{ number }} >> 16, {{ number }}) {%- endmacro %}
{% macro spark__folded(number) -%}(shiftright({{ number }}, 16) ^ {{ number }}) {%- endmacro %}

{# How far a ratio of sums over accounts would vary if the accounts were others: the CTEs that lead
   from `clustered` (metric, tier_id, period_type, period_start, account_id, and the whole numbers
   part and whole of which the ratio's sums are made) to `bounds` (low and high of each metric, tier
   and period, and of ALL). Accounts are drawn anew, 1,000 times, from a seed that (metric, tier,
   period) decide; the 25th smallest and 25th largest ratio bound 95 %. Of more than 500 accounts,
   those 500 places apart are drawn together: the interval is as wide, and large tiers cost no
   more. What the night before drew for the same accounts with the same parts and wholes, by the same
   recipe, is not drawn again: see `remember_intervals`. #}
{% macro bootstrapped() %}
    {% set replicates = 1000 %}
    {% set tail = 25 %}
    {% set most_clusters = 500 %}
    clustered_and_all as (
        select *
        from clustered
        union all
        select
            metric,
            'ALL' as tier_id,
            period_type,
            period_start,
            account_id,
            sum(part) as part,
            sum(whole) as whole
        from clustered
        group by metric, period_type, period_start, account_id
    ),

    placed as (
        select
            metric,
            tier_id,
            period_type,
            period_start,
            (
                row_number() over (
                    partition by metric, tier_id, period_type, period_start order by account_id
                )
                - 1
            )
            % {{ most_clusters }} as place,
            part,
            whole
        from clustered_and_all
    ),

    {{ known_intervals() }},

    placed_together as (
        select
            metric,
            tier_id,
            period_type,
            period_start,
            place,
            cast(sum(part) as bigint) as part,
            cast(sum(whole) as bigint) as whole
        from placed
        group by metric, tier_id, period_type, period_start, place
    ),

    clusters as (
        select
            dense_rank() over (order by metric, tier_id, period_type, period_start) as cell,
            *,
            count(*) over (partition by metric, tier_id, period_type, period_start) as cluster_count
        from placed_together
    ),

    estimated_cells as (
        select
            cell,
            metric,
            tier_id,
            period_type,
            period_start,
            {{
                seed_of(
                    "metric || '|' || tier_id || '|' || period_type || '|' || cast(period_start as varchar)"
                )
            }}
            as seed,
            {{
                fingerprint(
                    [
                        "metric",
                        "tier_id",
                        "period_type",
                        "period_start",
                        "sum(" ~ row_hash(["place", "part", "whole"]) ~ ")",
                        "max(recipe)",
                    ]
                )
            }} as fingerprint,
            {{ share("sum(part)", "sum(whole)") }} as estimate,
            -- Where all have the same ratio, so has whatever is drawn.
            min({{ share("part", "whole") }}) <> max({{ share("part", "whole") }}) as has_spread
        from clusters
        cross join recipes
        group by cell, metric, tier_id, period_type, period_start
    ),

    drawn_cells as (
        select cell, seed
        from estimated_cells
        where has_spread and fingerprint not in (select fingerprint from known)
    ),

    {{ cluster_draws() }},

    replicate_ratios as (
        select
            draws.cell,
            draws.replicate,
            {{ share("sum(clusters.part)", "sum(clusters.whole)") }} as ratio
        from draws
        inner join clusters on draws.cell = clusters.cell and draws.place = clusters.place
        group by draws.cell, draws.replicate
    ),

    ordered as (
        select
            cell,
            ratio,
            row_number() over (partition by cell order by ratio, replicate) as ratio_rank
        from replicate_ratios
    ),

    ends as (
        select
            cell,
            max(case when ratio_rank = {{ tail }} then ratio end) as low,
            max(case when ratio_rank = {{ replicates + 1 - tail }} then ratio end) as high
        from ordered
        group by cell
    ),

    bounds as (
        select
            estimated_cells.metric,
            estimated_cells.tier_id,
            estimated_cells.period_type,
            estimated_cells.period_start,
            coalesce(
                known.low, least(ends.low, estimated_cells.estimate), estimated_cells.estimate
            ) as low,
            coalesce(
                known.high, greatest(ends.high, estimated_cells.estimate), estimated_cells.estimate
            ) as high,
            case when estimated_cells.has_spread then estimated_cells.fingerprint end as drawn_for
        from estimated_cells
        left join ends on estimated_cells.cell = ends.cell
        left join known on estimated_cells.fingerprint = known.fingerprint
    )
{% endmacro %}

{# The CTEs of what an interval can be taken over by: `recipes` (the recipe, for its fingerprint) and
   `known` (low and high by the fingerprint of all that they depend on). #}
{% macro known_intervals() %}
    recipes as (
        select coalesce(max(version), '') as recipe
        from {{ kept_from_night_to_night("recipe") }} as recipes
    ),

    known as (
        select distinct fingerprint, low, high
        from {{ kept_from_night_to_night("drawn_interval") }} as intervals
    )
{% endmacro %}

{# The statements by which a model of such intervals remembers those that it had drawn, and forgets
   those of the night before. An interval depends on nothing but what its fingerprint is made of. #}
{% macro remember_intervals(low, high) %}
    {% set intervals = kept_from_night_to_night("drawn_interval") %}
    {% set model = dbt.string_literal(this.identifier) %}
    {{
        return(
            [
                "delete from " ~ intervals ~ " where model= " ~ model,
                "insert into "
                ~ intervals
                ~ " select "
                ~ ([model, "drawn_for", low, high] | join(", "))
                ~ " from "
                ~ this
                ~ " where drawn_for is not null",
            ]
            | join("; ")
        )
    }}
{% endmacro %}

{# The draws of a bootstrap of 1,000 replicates: the CTEs that lead from `clusters` (cell, place from
   0, cluster_count) and `drawn_cells` (cell, seed) to `draws` (cell, replicate, place). #}
{% macro cluster_draws() %}
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
            (drawn_cells.seed + replicates.replicate * clusters.cluster_count + clusters.place)
            & 4294967295 as number
        from clusters
        inner join drawn_cells on clusters.cell = drawn_cells.cell
        cross join replicates
    ),

    once as (
        select cell, replicate, cluster_count, {{ scrambled("number") }} as number from numbered
    ),

    twice as (select cell, replicate, cluster_count, {{ scrambled("number") }} as number from once),

    draws as (select cell, replicate, {{ folded("number") }} % cluster_count as place from twice)
{% endmacro %}
