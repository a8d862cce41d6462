-- What has moved since a period was first reported: for each metric of each tier and closed period,
-- the difference by its cause.
{# Metrics of coverage, and of outcomes with the parts of which they are made; retention has none that
   a cause can be told by. #}
{% set metrics = {
    "account_cts": ["accounts_covered", "accounts_evaluable"],
    "obligation_cts": ["obligations_good", "obligations_counted"],
    "on_time_rate": ["obligations_on_time", "obligations_counted"],
    "delivered_rate": ["obligations_delivered", "obligations_counted"],
} %}
{% set outcome_metrics = {
    "logo_renewal_rate": ["accounts_renewed", "accounts_due"],
    "gross_renewal_rate": ["retained_arr", "atr"],
    "net_renewal_rate": ["renewed_arr", "atr"],
    "grr": none,
    "nrr": none,
} %}
with
    context as (select as_of, config_version, time_zone from {{ source("meta", "context") }}),

    closed as (select * from {{ ref("mart_coverage_tier_period") }} where is_period_closed),

    reported as (select * from closed where basis = 'first_reported'),

    restated as (select * from closed where basis = 'restated'),

    -- Only of periods in which something has moved are obligations asked for the cause.
    moved_periods as (
        select distinct reported.period_type, reported.period_start
        from reported
        left join
            restated
            on reported.tier_id = restated.tier_id
            and reported.period_type = restated.period_type
            and reported.period_start = restated.period_start
        where
            {% for metric in metrics -%}
                reported.{{ metric }} is distinct from restated.{{ metric }}
                {{- " or " if not loop.last }}
            {% endfor %}
    ),

    accounts as (select account_id, time_zone from {{ ref("dim_account") }}),

    logged as (
        select
            activities.activity_id,
            {{
                local_date(
                    "activities.logged_at", "coalesce(accounts.time_zone, context.time_zone)"
                )
            }} as logged_on
        from {{ ref("fct_activity") }} as activities
        cross join context
        left join accounts on activities.account_id = accounts.account_id
        where activities.logged_at is not null
    ),

    fulfilments as (
        select obligations.obligation_id, obligations.fulfilled_on, logged.logged_on
        from {{ ref("fct_obligation") }} as obligations
        left join logged on obligations.fulfilled_by_activity_id = logged.activity_id
        where obligations.timeliness in ('on_time', 'late')
    ),

    obligations as (
        select obligations.*
        from {{ ref("int_coverage_obligation") }} as obligations
        inner join
            moved_periods
            on obligations.period_type = moved_periods.period_type
            and obligations.period_start = moved_periods.period_start
        where obligations.is_in_headline
    ),

    -- How each obligation would stand had only that been known which was known at the first report.
    known_then as (
        select
            obligations.account_id,
            obligations.tier_id,
            obligations.period_type,
            obligations.period_start,
            obligations.is_required,
            obligations.is_good,
            obligations.is_on_time,
            obligations.is_delivered,
            coalesce(fulfilments.logged_on > reported.first_reported_on, false)
            and not coalesce(
                fulfilments.fulfilled_on > reported.first_reported_on, false
            ) as is_logged_later,
            coalesce(
                fulfilments.fulfilled_on > reported.first_reported_on, false
            ) as is_fulfilled_later
        from obligations
        inner join
            reported
            on obligations.tier_id = reported.tier_id
            and obligations.period_type = reported.period_type
            and obligations.period_start = reported.period_start
        left join fulfilments on obligations.obligation_id = fulfilments.obligation_id
    ),

    -- Three states of knowledge: all; without what was done later; without what was logged later,
    -- too.
    {% set states = {
        "now": "true",
        "without_later": "not is_fulfilled_later",
        "known_then": "not is_fulfilled_later and not is_logged_later",
    } %}
    by_account as (
        select
            account_id,
            tier_id,
            period_type,
            period_start,
            count(*) as obligations_counted,
            count(*) filter (where is_required) > 0 as is_evaluable,
            count(*) filter (where is_fulfilled_later) as fulfilled_later,
            count(*) filter (where is_logged_later) as logged_later
            {% for state, is_known in states.items() %}
                ,
                count(*) filter (where is_good and {{ is_known }}) as good_{{ state }},
                count(*) filter (where is_on_time and {{ is_known }}) as on_time_{{ state }},
                count(*) filter (where is_delivered and {{ is_known }}) as delivered_{{ state }},
                coalesce(
                    bool_and(is_good and {{ is_known }}) filter (where is_required), false
                ) as is_covered_{{ state }}
            {% endfor %}
        from known_then
        group by account_id, tier_id, period_type, period_start
    ),

    by_tier as (
        select
            tier_id,
            period_type,
            period_start,
            sum(obligations_counted) as obligations_counted,
            count(*) filter (where is_evaluable) as accounts_evaluable,
            sum(fulfilled_later) as fulfilled_later,
            sum(logged_later) as logged_later
            {% for state in states %}
                ,
                sum(good_{{ state }}) as obligations_good_{{ state }},
                sum(on_time_{{ state }}) as obligations_on_time_{{ state }},
                sum(delivered_{{ state }}) as obligations_delivered_{{ state }},
                count(*) filter (where is_covered_{{ state }}) as accounts_covered_{{ state }}
            {% endfor %}
        from by_account
        group by tier_id, period_type, period_start
    ),

    with_all as (
        select *
        from by_tier
        union all
        select
            'ALL' as tier_id,
            period_type,
            period_start,
            sum(obligations_counted) as obligations_counted,
            sum(accounts_evaluable) as accounts_evaluable,
            sum(fulfilled_later) as fulfilled_later,
            sum(logged_later) as logged_later
            {% for state in states %}
                ,
                sum(obligations_good_{{ state }}) as obligations_good_{{ state }},
                sum(obligations_on_time_{{ state }}) as obligations_on_time_{{ state }},
                sum(obligations_delivered_{{ state }}) as obligations_delivered_{{ state }},
                sum(accounts_covered_{{ state }}) as accounts_covered_{{ state }}
            {% endfor %}
        from by_tier
        group by period_type, period_start
    ),

    metrics as (
        {% for metric, (part, whole) in metrics.items() %}
            select
                '{{ metric }}' as metric,
                reported.tier_id,
                reported.period_type,
                reported.period_start,
                reported.period_end,
                reported.first_reported_on,
                reported.first_reported_config_version,
                reported.{{ metric }} as first_reported,
                restated.{{ metric }} as restated,
                with_all.fulfilled_later,
                with_all.logged_later
                {% for state in states %}
                    ,
                    {{ share("with_all." ~ part ~ "_" ~ state, "with_all." ~ whole) }}
                    as {{ state }}
                {% endfor %}
            from reported
            left join
                restated
                on reported.tier_id = restated.tier_id
                and reported.period_type = restated.period_type
                and reported.period_start = restated.period_start
            left join
                with_all
                on reported.tier_id = with_all.tier_id
                and reported.period_type = with_all.period_type
                and reported.period_start = with_all.period_start
            where reported.{{ metric }} is distinct from restated.{{ metric }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    outcomes_closed as (
        select *
        from {{ ref("mart_outcomes_tier_period") }}
        where is_period_closed and attribution = 'tier_then'
    ),

    outcomes_reported as (select * from outcomes_closed where basis = 'first_reported'),

    outcomes_restated as (select * from outcomes_closed where basis = 'restated'),

    renewals as (
        select *, tier_id as counted_under
        from {{ ref("int_outcome_renewal") }}
        where attribution = 'tier_then'
        union all
        select * replace ('ALL' as tier_id), tier_id as counted_under
        from {{ ref("int_outcome_renewal") }}
        where attribution = 'tier_then'
    ),

    renewals_known_then as (
        select
            renewals.*,
            coalesce(
                renewals.renewed_known_on <= outcomes_reported.first_reported_on, true
            ) as is_known
        from renewals
        inner join
            outcomes_reported
            on renewals.tier_id = outcomes_reported.tier_id
            and renewals.period_type = outcomes_reported.period_type
            and renewals.period_start = outcomes_reported.period_start
    ),

    {% set outcome_states = {"now": "true", "known_then": "is_known"} %}
    renewals_by_account as (
        select
            tier_id,
            period_type,
            period_start,
            {{ exact_sum("atr") }} as atr
            {% for state, is_known in outcome_states.items() %}
                ,
                bool_or(is_renewed and {{ is_known }})
                or max_by(is_paying_after, (scheduled_on, renewal_id)) as is_renewed_{{ state }},
                {% for name in ["retained_arr", "renewed_arr"] -%}
                    {{ exact_sum("case when " ~ is_known ~ " then " ~ name ~ " else 0 end") }}
                    as {{ name }}_{{ state }} {{- "," if not loop.last }}
                {% endfor %}
            {% endfor %}
        from renewals_known_then
        group by tier_id, counted_under, period_type, period_start, account_id
    ),

    renewals_by_tier as (
        select
            tier_id,
            period_type,
            period_start,
            count(*) as accounts_due,
            {{ exact_sum("atr") }} as atr
            {% for state in outcome_states %}
                ,
                count(*) filter (where is_renewed_{{ state }}) as accounts_renewed_{{ state }},
                {{ exact_sum("retained_arr_" ~ state) }} as retained_arr_{{ state }},
                {{ exact_sum("renewed_arr_" ~ state) }} as renewed_arr_{{ state }}
            {% endfor %}
        from renewals_by_account
        group by tier_id, period_type, period_start
    ),

    outcome_metrics as (
        {% for metric, parts in outcome_metrics.items() %}
            select
                '{{ metric }}' as metric,
                outcomes_reported.tier_id,
                outcomes_reported.period_type,
                outcomes_reported.period_start,
                outcomes_reported.period_end,
                outcomes_reported.first_reported_on,
                outcomes_reported.first_reported_config_version,
                outcomes_reported.{{ metric }} as first_reported,
                outcomes_restated.{{ metric }} as restated
                {% for state in outcome_states %}
                    ,
                    {% if parts -%}
                        {{
                            share(
                                "renewals_by_tier." ~ parts[0] ~ "_" ~ state,
                                "renewals_by_tier." ~ parts[1],
                            )
                        }}
                    {%- else -%} cast(null as double)
                    {%- endif %} as {{ state }}
                {% endfor %}
            from outcomes_reported
            {% for relation in ["outcomes_restated", "renewals_by_tier"] %}
                left join
                    {{ relation }}
                    on outcomes_reported.tier_id = {{ relation }}.tier_id
                    and outcomes_reported.period_type = {{ relation }}.period_type
                    and outcomes_reported.period_start = {{ relation }}.period_start
            {% endfor %}
            where outcomes_reported.{{ metric }} is distinct from outcomes_restated.{{ metric }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    {% set columns = [
        "metric",
        "tier_id",
        "period_type",
        "period_start",
        "period_end",
        "first_reported_on",
        "first_reported_config_version",
        "first_reported",
        "restated",
        "known_then",
    ] | join(", ") %}
    everything as (
        select {{ columns }}
        from metrics
        union all
        select {{ columns }}
        from outcome_metrics
    ),

    differences as (
        select
            {{ columns }},
            'fulfilled_later' as cause,
            fulfilled_later as obligations,
            now - without_later as difference
        from metrics
        union all
        select
            {{ columns }},
            'late_logged' as cause,
            logged_later as obligations,
            without_later - known_then as difference
        from metrics
        union all
        select
            {{ columns }},
            'renewed_later' as cause,
            null as obligations,
            now - known_then as difference
        from outcome_metrics
        union all
        select
            everything.*,
            case
                when everything.first_reported_config_version <> context.config_version
                then 'model_changed'
                else 'other'
            end as cause,
            null as obligations,
            coalesce(everything.known_then, everything.restated)
            - everything.first_reported as difference
        from everything
        cross join context
    ),

    final as (
        select
            differences.metric,
            differences.tier_id,
            differences.period_type,
            differences.period_start,
            differences.period_end,
            differences.cause,
            differences.first_reported_on,
            differences.first_reported,
            differences.restated,
            differences.difference,
            cast(differences.obligations as bigint) as obligations,
            context.as_of as as_of_date,
            context.config_version
        from differences
        cross join context
        where
            (
                differences.cause in ('late_logged', 'fulfilled_later', 'renewed_later')
                and differences.difference <> 0
            )
            or (
                differences.cause in ('model_changed', 'other')
                -- Less than a sum of shares may be off by.
                and coalesce(abs(differences.difference) > 1e-12, true)
            )
    )

select *
from final
order by metric, tier_id, period_type, period_start, cause
