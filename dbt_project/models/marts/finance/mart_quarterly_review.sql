-- What to look at once a quarter: where each tier stood at its end, what changed since the quarter
-- before and why, and whether someone signed that off.
{% set signed_here %}
    case when reviews.quarter_start = stood.period_start then reviews.signed_off_on end
{% endset %}
{% set drivers = ["accounts", "standards", "reactive", "supply"] %}
{% set parts = ["proactive", "reactive", "conditional", "onboarding"] %}
with
    context as (
        select as_of, config_version, cast(date_trunc('quarter', as_of) as date) as this_quarter
        from {{ source("meta", "context") }}
    ),

    quarters as (
        select
            periods.period_start,
            periods.period_end,
            periods.is_closed,
            least(periods.period_end, context.as_of) as seen_on,
            {{ add_days("periods.period_start", -1) }} as before_on,
            periods.is_closed
            and periods.period_start
            = max(case when periods.is_closed then periods.period_start end) over () as is_newest
        from {{ ref("int_coverage_period") }} as periods
        cross join context
        where
            periods.period_type = 'quarter'
            and periods.period_start >= context.this_quarter - interval '21' month
            and periods.period_start <= context.as_of
    ),

    capacity as (select * from {{ ref("int_capacity_tier") }} where tier_id <> 'NONE'),

    bridge as (
        select
            period_end,
            tier_id,
            {% for driver in drivers -%}
                max(case when driver = '{{ driver }}' then effect_fte end) as {{ driver }}_effect,
            {% endfor %}
            max(needed_fte_change) as needed_fte_change
        from {{ ref("mart_ratio_bridge") }}
        where comparison = 'quarter_before'
        group by period_end, tier_id
    ),

    coverage as (
        select *
        from {{ ref("mart_coverage_tier_period") }}
        where basis = 'restated' and period_type = 'quarter'
    ),

    outcomes as (
        select
            cast(date_trunc('quarter', period_end) as date) as period_start,
            tier_id,
            max_by(logo_renewal_rate, period_end) as logo_renewal_rate,
            max_by(grr, period_end) as grr,
            max_by(nrr, period_end) as nrr
        from {{ ref("mart_outcomes_tier_period") }}
        where basis = 'restated' and attribution = 'tier_then' and period_type = 'trailing_12m'
        group by cast(date_trunc('quarter', period_end) as date), tier_id
    ),

    balances as (
        select
            period_start,
            tier_id,
            {{ share("proactive_hours", "tracked_hours") }} as proactive_share,
            {{ share("reactive_hours", "tracked_hours") }} as reactive_share,
            {{ share("internal_hours", "tracked_hours") }} as internal_share
        from {{ ref("mart_time_balance") }}
        where grain = 'tier_quarter'
    ),

    distribution as (
        select account_id, measured_on, tier_id, observed_model
        from {{ ref("fct_distribution_month") }}
    ),

    risks as (
        select tier_id, {{ list_in_order("risk_id", "risk_id") }} as risks_raised
        from {{ ref("mart_model_risk") }}
        where subjects_raised > 0
        group by tier_id
    ),

    releases as (
        select
            quarters.period_start,
            {{ list_in_order("releases.name", "releases.released_on, releases.name") }} as releases
        from quarters
        inner join
            {{ source("meta", "release") }} as releases
            on releases.released_on >= quarters.period_start
            and releases.released_on <= quarters.seen_on
        group by quarters.period_start
    ),

    moved as (
        select
            quarters.period_start,
            after.tier_id,
            after.observed_model,
            before.account_id is not null as is_known_before,
            before.tier_id <> after.tier_id as has_changed_tier,
            before.observed_model <> after.observed_model as has_changed_model
        from quarters
        inner join distribution as after on quarters.seen_on = after.measured_on
        left join
            distribution as before
            on quarters.before_on = before.measured_on
            and after.account_id = before.account_id
    ),

    moved_and_all as (
        select *
        from moved
        union all
        select
            period_start,
            'ALL' as tier_id,
            observed_model,
            is_known_before,
            has_changed_tier,
            has_changed_model
        from moved
    ),

    changes as (
        select
            period_start,
            tier_id,
            bool_or(is_known_before) as is_known_before,
            count(case when has_changed_tier then 1 end) as accounts_changed_tier,
            count(case when has_changed_model then 1 end) as accounts_changed_model
        from moved_and_all
        where tier_id is not null
        group by period_start, tier_id
    ),

    model_counts as (
        select
            period_start,
            tier_id,
            observed_model,
            count(*) as accounts,
            row_number() over (
                partition by period_start, tier_id order by count(*) desc, observed_model
            ) as place,
            sum(count(*)) over (partition by period_start, tier_id) as accounts_known
        from moved_and_all
        where tier_id is not null and observed_model is not null
        group by period_start, tier_id, observed_model
    ),

    stood as (
        select
            quarters.*,
            after.tier_id,
            after.accounts,
            before.accounts as accounts_before,
            after.fte,
            after.accounts_per_fte,
            before.accounts_per_fte as accounts_per_fte_before,
            after.implied_accounts_per_fte,
            before.implied_accounts_per_fte as implied_accounts_per_fte_before,
            after.needed_fte,
            after.utilisation,
            {% for part in parts -%}
                {{ share("after." ~ part ~ "_hours", "after.required_hours") }}
                - {{ share("before." ~ part ~ "_hours", "before.required_hours") }}
                as {{ part }}_shift,
            {% endfor %}
            after.required_hours,
            before.required_hours as required_hours_before
        from quarters
        inner join capacity as after on quarters.seen_on = after.as_of_on
        left join
            capacity as before
            on quarters.before_on = before.as_of_on
            and after.tier_id = before.tier_id
    ),

    -- Of all tiers together, what shifts is which tier takes the hours.
    tier_shifts as (
        select
            tiers.period_start,
            {{
                exact_sum(
                    "abs("
                    ~ share("tiers.required_hours", "everything.required_hours")
                    ~ " - "
                    ~ share(
                        "tiers.required_hours_before",
                        "everything.required_hours_before",
                    )
                    ~ ")",
                    12,
                )
            }} / 2 as need_mix_shift
        from stood as tiers
        inner join
            stood as everything
            on tiers.period_start = everything.period_start
            and everything.tier_id = 'ALL'
        where tiers.tier_id <> 'ALL'
        group by tiers.period_start
    ),

    reviews as (
        select quarter_start, tier_id, signed_off_on, signed_off_by
        from {{ source("meta", "review") }}
        cross join context
        where signed_off_on <= context.as_of
    ),

    signed as (
        select
            stood.period_start,
            stood.tier_id,
            max({{ signed_here }}) as signed_off_on,
            max_by(reviews.signed_off_by, {{ signed_here }}) as signed_off_by,
            max(reviews.signed_off_on) as last_signed_off_on
        from stood
        inner join reviews on reviews.tier_id is null or reviews.tier_id = stood.tier_id
        group by stood.period_start, stood.tier_id
    ),

    joined as (
        select
            stood.*,
            bridge.needed_fte_change,
            {% for driver in drivers -%} bridge.{{ driver }}_effect, {% endfor %}
            coverage.account_cts,
            coverage.account_cts_low,
            coverage.account_cts_high,
            coverage.target_cts,
            -- Of a running quarter only what fell due early is known: no change is told.
            case when stood.is_closed then coverage_before.account_cts end as account_cts_before,
            case
                when stood.is_closed
                then
                    coverage.account_cts_low > coverage_before.account_cts_high
                    or coverage.account_cts_high < coverage_before.account_cts_low
            end as is_coverage_change_separated,
            outcomes.logo_renewal_rate,
            outcomes_before.logo_renewal_rate as logo_renewal_rate_before,
            outcomes.grr,
            outcomes_before.grr as grr_before,
            outcomes.nrr,
            outcomes_before.nrr as nrr_before,
            balances.proactive_share,
            balances.reactive_share,
            balances_before.reactive_share as reactive_share_before,
            balances.internal_share,
            model_counts.observed_model as main_model,
            {{ share("model_counts.accounts", "model_counts.accounts_known") }} as main_model_share,
            case
                when changes.is_known_before then changes.accounts_changed_tier
            end as accounts_changed_tier,
            case
                when changes.is_known_before then changes.accounts_changed_model
            end as accounts_changed_model,
            case when stood.seen_on = context.as_of then risks.risks_raised end as risks_raised,
            releases.releases,
            case
                when stood.tier_id = 'ALL'
                then tier_shifts.need_mix_shift
                else
                    (
                        {% for part in parts -%}
                            abs(stood.{{ part }}_shift) {{- " + " if not loop.last }}
                        {% endfor %}
                    )
                    / 2
            end as need_mix_shift,
            signed.signed_off_on,
            signed.signed_off_by,
            signed.last_signed_off_on,
            context.as_of,
            context.config_version
        from stood
        cross join context
        left join bridge on stood.period_end = bridge.period_end and stood.tier_id = bridge.tier_id
        {% for table in ["coverage", "outcomes", "balances"] %}
            left join
                {{ table }}
                on stood.period_start = {{ table }}.period_start
                and stood.tier_id = {{ table }}.tier_id
            left join
                {{ table }} as {{ table }}_before
                on cast(stood.period_start - interval '3' month as date)
                = {{ table }}_before.period_start
                and stood.tier_id = {{ table }}_before.tier_id
        {% endfor %}
        left join
            changes on stood.period_start = changes.period_start and stood.tier_id = changes.tier_id
        left join
            model_counts
            on stood.period_start = model_counts.period_start
            and stood.tier_id = model_counts.tier_id
            and model_counts.place = 1
        left join risks on stood.tier_id = risks.tier_id
        left join releases on stood.period_start = releases.period_start
        left join tier_shifts on stood.period_start = tier_shifts.period_start
        left join
            signed on stood.period_start = signed.period_start and stood.tier_id = signed.tier_id
    ),

    final as (
        select
            period_start,
            period_end,
            tier_id,
            is_closed,
            accounts,
            accounts - accounts_before as accounts_change,
            fte,
            accounts_per_fte,
            implied_accounts_per_fte,
            needed_fte,
            needed_fte_change,
            {% for driver in drivers -%}
                {{ driver }}_effect as needed_fte_{{ driver }}_effect,
            {% endfor %}
            utilisation,
            account_cts,
            account_cts_low,
            account_cts_high,
            target_cts,
            account_cts - account_cts_before as account_cts_change,
            is_coverage_change_separated,
            logo_renewal_rate,
            logo_renewal_rate - logo_renewal_rate_before as logo_renewal_change,
            grr,
            grr - grr_before as grr_change,
            nrr,
            nrr - nrr_before as nrr_change,
            proactive_share,
            reactive_share,
            internal_share,
            main_model,
            main_model_share,
            accounts_changed_tier,
            accounts_changed_model,
            risks_raised,
            {{ what_changed_in_quarter() }} as what_changed,
            need_mix_shift,
            releases,
            coalesce(need_mix_shift > 0.10, false) or releases is not null as has_event,
            signed_off_on is not null as is_signed_off,
            signed_off_on,
            signed_off_by,
            cast({{ days_between("last_signed_off_on", "as_of") }} as integer) as days_since_review,
            case
                when is_newest
                then coalesce({{ days_between("last_signed_off_on", "as_of") }} > 100, true)
            end as is_review_overdue,
            as_of as as_of_date,
            config_version
        from joined
    )

select *
from final
order by period_start, tier_id
