-- Which standard fails: each family of each tier, and of all tiers together, in each month and
-- quarter.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    periods as (select period_type, period_start, period_end from {{ ref("int_coverage_period") }}),

    obligations as (select * from {{ ref("int_coverage_obligation") }} where is_in_headline),

    uncounted as (
        select tier_id, family, closes_on, is_provisional, disposition
        from {{ ref("fct_obligation") }}
        where disposition = 'excluded' or is_provisional
    ),

    uncounted_in_periods as ({{ in_periods("uncounted", "closes_on") }}),

    failed as (
        select
            tier_id,
            family,
            period_type,
            period_start,
            {{ rows_of("failed_conditions") }} as failed_condition
        from obligations
    ),

    failed_counts as (
        select tier_id, family, period_type, period_start, failed_condition, count(*) as failures
        from failed
        group by tier_id, family, period_type, period_start, failed_condition
    ),

    most_failed as (
        select
            tier_id,
            family,
            period_type,
            period_start,
            min_by(failed_condition, (- failures, failed_condition)) as most_failed_condition
        from failed_counts
        group by tier_id, family, period_type, period_start
    ),

    versions as (
        select
            tier_id,
            family,
            period_type,
            period_start,
            {{ union_of_lists("[standard_version]") }} as standard_versions
        from
            (
                select distinct tier_id, family, period_type, period_start, standard_version
                from obligations
            ) as distinct_versions
        group by tier_id, family, period_type, period_start
    ),

    counted as (
        select
            tier_id,
            family,
            period_type,
            period_start,
            bool_or(is_required) as is_required,
            count(distinct account_id) as accounts,
            count(*) as obligations_counted,
            count(*) filter (where is_delivered) as obligations_delivered,
            count(*) filter (where is_on_time) as obligations_on_time,
            count(*) filter (where timeliness = 'late') as obligations_late,
            count(*) filter (where timeliness = 'missed') as obligations_missed,
            count(*) filter (
                where is_delivered and quality = 'to_standard'
            ) as obligations_to_standard,
            count(*) filter (
                where is_delivered and quality = 'below_standard'
            ) as obligations_below_standard,
            count(*) filter (
                where is_delivered and quality = 'unverifiable'
            ) as obligations_unverifiable,
            count(*) filter (where is_good) as obligations_good,
            count(*) filter (where is_good_upper) as obligations_good_upper,
            count(*) filter (where is_customer_unresponsive) as obligations_unresponsive
        from obligations
        group by tier_id, family, period_type, period_start
    ),

    left_out as (
        select
            tier_id,
            family,
            period_type,
            period_start,
            count(*) filter (where disposition = 'excluded') as obligations_excluded,
            count(*) filter (
                where disposition = 'counted' and is_provisional
            ) as obligations_provisional
        from uncounted_in_periods
        group by tier_id, family, period_type, period_start
    ),

    tier_rows as (
        select
            coalesce(counted.tier_id, left_out.tier_id) as tier_id,
            coalesce(counted.family, left_out.family) as family,
            coalesce(counted.period_type, left_out.period_type) as period_type,
            coalesce(counted.period_start, left_out.period_start) as period_start,
            counted.is_required,
            versions.standard_versions,
            most_failed.most_failed_condition,
            {% set sums = [
                "accounts",
                "obligations_counted",
                "obligations_delivered",
                "obligations_on_time",
                "obligations_late",
                "obligations_missed",
                "obligations_to_standard",
                "obligations_below_standard",
                "obligations_unverifiable",
                "obligations_good",
                "obligations_good_upper",
                "obligations_unresponsive",
                "obligations_excluded",
                "obligations_provisional",
            ] -%}
            {% for name in sums -%}
                coalesce({{ name }}, 0) as {{ name }} {{- "," if not loop.last }}
            {% endfor %}
        from counted
        full outer join
            left_out
            on counted.tier_id = left_out.tier_id
            and counted.family = left_out.family
            and counted.period_type = left_out.period_type
            and counted.period_start = left_out.period_start
        left join
            versions
            on counted.tier_id = versions.tier_id
            and counted.family = versions.family
            and counted.period_type = versions.period_type
            and counted.period_start = versions.period_start
        left join
            most_failed
            on counted.tier_id = most_failed.tier_id
            and counted.family = most_failed.family
            and counted.period_type = most_failed.period_type
            and counted.period_start = most_failed.period_start
    ),

    all_tiers as (
        select
            'ALL' as tier_id,
            family,
            period_type,
            period_start,
            bool_or(is_required) as is_required,
            {{ union_of_lists("standard_versions") }} as standard_versions,
            cast(null as varchar) as most_failed_condition,
            {% for name in sums -%}
                sum({{ name }}) as {{ name }} {{- "," if not loop.last }}
            {% endfor %}
        from tier_rows
        group by family, period_type, period_start
    ),

    everything as (
        select *
        from tier_rows
        union all
        select *
        from all_tiers
    ),

    final as (
        select
            everything.tier_id,
            everything.family,
            everything.period_type,
            everything.period_start,
            periods.period_end,
            everything.is_required,
            everything.standard_versions,
            {% for name in sums if name != "obligations_good_upper" -%}
                cast(everything.{{ name }} as bigint) as {{ name }},
            {% endfor -%}
            {{
                share(
                    "everything.obligations_delivered",
                    "everything.obligations_counted",
                )
            }} as delivered_rate,
            {{ share("everything.obligations_on_time", "everything.obligations_counted") }}
            as on_time_rate,
            {{
                share(
                    "everything.obligations_to_standard",
                    "everything.obligations_delivered",
                )
            }} as to_standard_rate,
            {{ share("everything.obligations_good", "everything.obligations_counted") }}
            as obligation_cts,
            {{
                share(
                    "everything.obligations_good_upper",
                    "everything.obligations_counted",
                )
            }} as obligation_cts_upper_bound,
            everything.most_failed_condition,
            context.as_of as as_of_date,
            context.config_version
        from everything
        cross join context
        inner join
            periods
            on everything.period_type = periods.period_type
            and everything.period_start = periods.period_start
    )

select *
from final
order by tier_id, family, period_type, period_start
