-- Coverage of each tier in each period as today's data say it, and of all tiers together: their
-- numerators and denominators summed, an account that changed tier counting under each.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    periods as (select * from {{ ref("int_coverage_period") }}),

    cells as (select * from {{ ref("int_coverage_cell") }}),

    memberships as (
        select account_id, assigned_tier_id as tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
        where assigned_tier_id is not null
    ),

    accounts as (select * from {{ ref("mart_coverage_account_period") }}),

    uncounted as (
        select tier_id, closes_on, disposition, exclusion_reason, is_provisional
        from {{ ref("fct_obligation") }}
        where disposition = 'excluded' or is_provisional
    ),

    uncounted_in_periods as ({{ in_periods("uncounted", "closes_on") }}),

    bootstrap as (select * from {{ ref("int_coverage_bootstrap") }}),

    account_units as (
        select
            memberships.account_id, memberships.tier_id, periods.period_type, periods.period_start
        from memberships
        cross join context
        inner join
            periods
            on memberships.valid_from <= least(periods.period_end, context.as_of)
            and coalesce(memberships.valid_to > periods.period_start, true)
        union
        select account_id, tier_id, period_type, period_start
        from accounts
    ),

    active as (
        select tier_id, period_type, period_start, count(*) as accounts_active
        from account_units
        group by tier_id, period_type, period_start
    ),

    covered as (
        select
            tier_id,
            period_type,
            period_start,
            count(is_covered) as accounts_evaluable,
            count(*) filter (where is_covered) as accounts_covered,
            count(*) filter (where is_covered_upper) as accounts_covered_upper,
            count(*) filter (where is_covered_lenient) as accounts_covered_lenient,
            count(is_covered_with_unresponsive) as evaluable_with_unresponsive,
            count(*) filter (where is_covered_with_unresponsive) as covered_with_unresponsive,
            count(is_covered_without_unresponsive) as evaluable_without_unresponsive,
            count(*) filter (where is_covered_without_unresponsive) as covered_without_unresponsive,
            sum(obligations_counted) as obligations_counted,
            sum(obligations_delivered) as obligations_delivered,
            sum(obligations_on_time) as obligations_on_time,
            sum(obligations_to_standard) as obligations_to_standard,
            sum(obligations_good) as obligations_good,
            sum(obligations_unresponsive) as obligations_unresponsive,
            {{ exact_sum("case when is_covered is not null then arr end") }} as arr_evaluable,
            {{ exact_sum("case when is_covered then arr when not is_covered then arr * 0 end") }}
            as arr_covered,
            count(*) filter (where is_covered is not null and arr is null) as accounts_without_arr
        from accounts
        group by tier_id, period_type, period_start
    ),

    left_out as (
        select
            tier_id,
            period_type,
            period_start,
            count(*) filter (where disposition = 'excluded') as obligations_excluded,
            {% for reason in exclusion_reasons() -%}
                count(*) filter (
                    where disposition = 'excluded' and exclusion_reason = '{{ reason }}'
                ) as excluded_{{ reason }},
            {% endfor -%}
            count(*) filter (
                where disposition = 'counted' and is_provisional
            ) as obligations_provisional
        from uncounted_in_periods
        group by tier_id, period_type, period_start
    ),

    {% set sums = [
        "accounts_active",
        "accounts_evaluable",
        "accounts_covered",
        "accounts_covered_upper",
        "accounts_covered_lenient",
        "evaluable_with_unresponsive",
        "covered_with_unresponsive",
        "evaluable_without_unresponsive",
        "covered_without_unresponsive",
        "obligations_counted",
        "obligations_delivered",
        "obligations_on_time",
        "obligations_to_standard",
        "obligations_good",
        "obligations_unresponsive",
        "obligations_provisional",
        "accounts_without_arr",
        "obligations_excluded",
    ] %}
    {% for reason in exclusion_reasons() %} {% do sums.append("excluded_" ~ reason) %} {% endfor %}
    tier_sums as (
        select
            cells.tier_id,
            cells.period_type,
            cells.period_start,
            {% for name in sums -%} coalesce({{ name }}, 0) as {{ name }}, {% endfor -%}
            covered.arr_evaluable,
            covered.arr_covered,
            cells.is_measurable,
            cells.unmeasured_families,
            cells.reasons,
            cells.target_cts
        from cells
        left join
            active
            on cells.tier_id = active.tier_id
            and cells.period_type = active.period_type
            and cells.period_start = active.period_start
        left join
            covered
            on cells.tier_id = covered.tier_id
            and cells.period_type = covered.period_type
            and cells.period_start = covered.period_start
        left join
            left_out
            on cells.tier_id = left_out.tier_id
            and cells.period_type = left_out.period_type
            and cells.period_start = left_out.period_start
    ),

    all_tiers as (
        select
            'ALL' as tier_id,
            period_type,
            period_start,
            {% for name in sums -%} sum({{ name }}) as {{ name }}, {% endfor -%}
            {{ exact_sum("arr_evaluable") }} as arr_evaluable,
            {{ exact_sum("arr_covered") }} as arr_covered,
            bool_or(is_measurable) as is_measurable,
            {{ union_of_lists("unmeasured_families") }} as unmeasured_families,
            {{ union_of_lists("reasons") }} as reasons,
            cast(null as double) as target_cts
        from tier_sums
        group by period_type, period_start
    ),

    everything as (
        select *
        from tier_sums
        union all
        select *
        from all_tiers
    ),

    final as (
        select
            everything.tier_id,
            everything.period_type,
            everything.period_start,
            periods.period_end,
            periods.is_closed,
            case
                when everything.accounts_evaluable > 0 then 'measured' else 'not_measurable'
            end as measurability,
            case
                when everything.accounts_evaluable > 0
                then null
                when not everything.is_measurable
                then {{ list_text("everything.reasons") }}
                when everything.accounts_active = 0
                then 'no active account'
                else 'nothing has matured'
            end as not_measurable_reason,
            everything.unmeasured_families,
            {% for name in sums
                if not name.startswith(("covered_", "evaluable_", "accounts_covered_")) -%}
                cast(everything.{{ name }} as bigint) as {{ name }},
            {% endfor -%}
            case
                when everything.is_measurable
                then {{ share("everything.accounts_evaluable", "everything.accounts_active") }}
            end as evaluable_rate,
            {{ share("everything.accounts_covered", "everything.accounts_evaluable") }}
            as account_cts,
            {{ wilson_low("everything.accounts_covered", "everything.accounts_evaluable") }}
            as account_cts_low,
            {{ wilson_high("everything.accounts_covered", "everything.accounts_evaluable") }}
            as account_cts_high,
            {{
                share(
                    "everything.accounts_covered_upper",
                    "everything.accounts_evaluable",
                )
            }} as account_cts_upper_bound,
            {{
                share(
                    "everything.accounts_covered_lenient",
                    "everything.accounts_evaluable",
                )
            }} as account_cts_lenient,
            {{
                share(
                    "everything.covered_with_unresponsive",
                    "everything.evaluable_with_unresponsive",
                )
            }} as account_cts_with_unresponsive,
            {{
                share(
                    "everything.covered_without_unresponsive",
                    "everything.evaluable_without_unresponsive",
                )
            }} as account_cts_without_unresponsive,
            everything.accounts_evaluable < periods.low_n as is_low_n,
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
            bootstrap.obligation_cts_low,
            bootstrap.obligation_cts_high,
            everything.arr_evaluable,
            everything.arr_covered,
            {{ share("everything.arr_covered", "everything.arr_evaluable") }} as arr_cts,
            {{
                share(
                    "everything.excluded_waived",
                    "everything.obligations_counted + everything.excluded_waived",
                )
            }} as waived_rate,
            everything.target_cts
        from everything
        inner join
            periods
            on everything.period_type = periods.period_type
            and everything.period_start = periods.period_start
        left join
            bootstrap
            on everything.tier_id = bootstrap.tier_id
            and everything.period_type = bootstrap.period_type
            and everything.period_start = bootstrap.period_start
    )

select *
from final
order by tier_id, period_type, period_start
