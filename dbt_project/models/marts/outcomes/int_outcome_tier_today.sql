-- Renewals and retention of each tier in each period as today's data say them, and of all tiers
-- together: their numerators and denominators summed.
{{ config(schema="core") }}
with
    periods as (select * from {{ ref("int_outcome_period") }}),

    tiers as (select tier_id, holds_from, holds_to from {{ ref("cfg_tier") }}),

    bounds as (select * from {{ ref("int_outcome_bootstrap") }}),

    carried as (select {{ is_entity_carried("contracts") }} as has_contracts),

    rates_of_exchange as (
        select count(*) > 0 as has_history from {{ source("meta", "fx_rate_history") }}
    ),

    renewals as (
        select *
        from {{ ref("int_outcome_renewal") }}
        cross join carried
        where carried.has_contracts
    ),

    account_renewals as (
        select
            tier_id,
            attribution,
            period_type,
            period_start,
            account_id,
            count(*) as terms_due,
            count(*) filter (where atr is null) as terms_without_arr,
            bool_or(is_renewed)
            or max_by(is_paying_after, (scheduled_on, renewal_id)) as is_renewed,
            {{ exact_sum("atr") }} as atr,
            {{ exact_sum("retained_arr") }} as retained_arr,
            {{ exact_sum("renewed_arr") }} as renewed_arr
        from renewals
        group by tier_id, attribution, period_type, period_start, account_id
    ),

    renewals_and_all as (
        select *
        from account_renewals
        union all
        select * replace ('ALL' as tier_id)
        from account_renewals
    ),

    tier_renewals as (
        select
            tier_id,
            attribution,
            period_type,
            period_start,
            count(*) as accounts_due,
            count(*) filter (where is_renewed) as accounts_renewed,
            sum(terms_due) as terms_due,
            sum(terms_without_arr) as terms_without_arr,
            {{ exact_sum("atr") }} as atr,
            {{ exact_sum("retained_arr") }} as retained_arr,
            {{ exact_sum("renewed_arr") }} as renewed_arr
        from renewals_and_all
        group by tier_id, attribution, period_type, period_start
    ),

    largest_renewals as (
        select tier_id, attribution, period_type, period_start, max(atr) as atr
        from
            (
                select
                    tier_id, attribution, period_type, period_start, {{ exact_sum("atr") }} as atr
                from renewals_and_all
                group by tier_id, attribution, period_type, period_start, account_id
            ) as account_sums
        group by tier_id, attribution, period_type, period_start
    ),

    cohort_and_all as (
        select *
        from {{ ref("int_outcome_cohort") }}
        union all
        select * replace ('ALL' as tier_id)
        from {{ ref("int_outcome_cohort") }}
    ),

    tier_cohorts as (
        select
            tier_id,
            attribution,
            period_type,
            period_start,
            count(*) filter (where not has_unknown) as accounts,
            count(*) filter (where has_unknown) as accounts_without_arr,
            count(*) filter (where not has_unknown and arr_now > 0) as accounts_kept,
            count(*) filter (where not has_unknown and arr_end > arr_kept) as accounts_expanded,
            max(case when not has_unknown then arr_then end) as largest
            {% for name, amount in {
                "arr_then": "arr_then",
                "arr_now": "arr_now",
                "arr_end": "arr_end",
                "arr_kept": "arr_kept",
                "kept_account": "kept_account",
                "arr_now_product": "arr_now_product",
                "kept_product": "kept_product",
                "expansion": "arr_end - arr_kept",
                "expansion_volume": "(arr_end - arr_kept) * volume_share",
                "expansion_price": "(arr_end - arr_kept) * price_share",
                "loss": "arr_then - arr_kept",
                "churn": "case when arr_now = 0 then arr_then - arr_kept else 0 end",
                "fx_effect": "fx_effect",
            }.items() %}
                , {{ exact_sum("case when not has_unknown then " ~ amount ~ " end") }} as {{ name }}
            {% endfor %}
        from cohort_and_all
        group by tier_id, attribution, period_type, period_start
    ),

    cells as (
        select attribution, tier_id, periods.period_type, periods.period_start
        from periods
        cross join
            (
                select 'tier_then' as attribution
                union all
                select 'tier_now' as attribution
            ) as attributions
        cross join
            (
                select tier_id, holds_from, holds_to
                from tiers
                union all
                select 'ALL' as tier_id, date '0001-01-01' as holds_from, null as holds_to
            ) as tiers_and_all
        where periods.period_end >= holds_from and coalesce(periods.period_end < holds_to, true)
        union
        select attribution, tier_id, period_type, period_start
        from tier_renewals
        union
        select attribution, tier_id, period_type, period_start
        from tier_cohorts
    ),

    counted as (
        select
            cells.tier_id,
            cells.period_type,
            cells.period_start,
            cells.attribution,
            periods.period_end,
            periods.is_closed,
            periods.low_n,
            periods.top1_share_flag,
            cells.period_type = 'trailing_12m' as has_cohort,
            rates_of_exchange.has_history,
            {% for name in [
                "accounts_due",
                "accounts_renewed",
                "terms_due",
                "terms_without_arr",
            ] -%}
                case
                    when carried.has_contracts
                    then cast(coalesce(tier_renewals.{{ name }}, 0) as bigint)
                end as {{ name }},
            {% endfor -%}
            {% for name in ["atr", "retained_arr", "renewed_arr"] -%}
                case
                    when carried.has_contracts and tier_renewals.accounts_due is null
                    then 0
                    else tier_renewals.{{ name }}
                end as {{ name }},
            {% endfor -%}
            {{ share("largest_renewals.atr", "tier_renewals.atr") }} as top1_share,
            case
                when cells.period_type = 'trailing_12m' then coalesce(tier_cohorts.accounts, 0)
            end as cohort_accounts,
            case
                when cells.period_type = 'trailing_12m' then coalesce(tier_cohorts.accounts_kept, 0)
            end as cohort_accounts_kept,
            case
                when cells.period_type = 'trailing_12m'
                then coalesce(tier_cohorts.accounts_without_arr, 0)
            end as cohort_accounts_without_arr,
            tier_cohorts.accounts_expanded,
            tier_cohorts.largest,
            {% for name in [
                "arr_then",
                "arr_now",
                "arr_end",
                "arr_kept",
                "kept_account",
                "arr_now_product",
                "kept_product",
                "expansion",
                "expansion_volume",
                "expansion_price",
                "loss",
                "churn",
                "fx_effect",
            ] -%}
                case
                    when
                        cells.period_type = 'trailing_12m'
                        and coalesce(tier_cohorts.accounts + tier_cohorts.accounts_without_arr, 0)
                        = 0
                    then 0
                    else tier_cohorts.{{ name }}
                end as {{ name }} {{- "," if not loop.last }}
            {% endfor %}
        from cells
        cross join carried
        cross join rates_of_exchange
        inner join
            periods
            on cells.period_type = periods.period_type
            and cells.period_start = periods.period_start
        {% for relation in ["tier_renewals", "largest_renewals", "tier_cohorts"] %}
            left join
                {{ relation }}
                on cells.tier_id = {{ relation }}.tier_id
                and cells.attribution = {{ relation }}.attribution
                and cells.period_type = {{ relation }}.period_type
                and cells.period_start = {{ relation }}.period_start
        {% endfor %}
    ),

    rated as (
        select
            *,
            {{ share("accounts_renewed", "accounts_due") }} as logo_renewal_rate,
            {{ wilson_low("accounts_renewed", "accounts_due") }} as logo_renewal_rate_low,
            {{ wilson_high("accounts_renewed", "accounts_due") }} as logo_renewal_rate_high,
            {{ share("retained_arr", "atr") }} as gross_renewal_rate,
            {{ share("renewed_arr", "atr") }} as net_renewal_rate,
            {{ share("arr_kept", "arr_then") }} as grr,
            {{ share("arr_end", "arr_then") }} as nrr
        from counted
    ),

    dispersions as (
        select
            period_type,
            period_start,
            attribution,
            max(logo_renewal_rate) - min(logo_renewal_rate) as tier_dispersion,
            max(logo_renewal_rate_low) > min(logo_renewal_rate_high) as is_dispersion_separated
        from rated
        where tier_id not in ('ALL', 'NONE') and logo_renewal_rate is not null
        group by period_type, period_start, attribution
        having count(*) > 1
    ),

    final as (
        select
            rated.tier_id,
            rated.period_type,
            rated.period_start,
            rated.attribution,
            rated.period_end,
            rated.is_closed,
            rated.accounts_due,
            rated.accounts_renewed,
            rated.logo_renewal_rate,
            rated.logo_renewal_rate_low,
            rated.logo_renewal_rate_high,
            rated.terms_due,
            rated.terms_without_arr,
            rated.atr,
            rated.retained_arr,
            rated.renewed_arr,
            {% for metric in ["gross_renewal_rate", "net_renewal_rate", "grr", "nrr"] -%}
                rated.{{ metric }},
                case
                    when {{ metric }}_bounds.low is not null
                    then least({{ metric }}_bounds.low, rated.{{ metric }})
                end as {{ metric }}_low,
                case
                    when {{ metric }}_bounds.high is not null
                    then greatest({{ metric }}_bounds.high, rated.{{ metric }})
                end as {{ metric }}_high,
            {% endfor -%}
            rated.accounts_due < rated.low_n as is_low_n,
            rated.top1_share,
            rated.top1_share > rated.top1_share_flag as is_driven_by_one_account,
            rated.cohort_accounts,
            rated.cohort_accounts_kept,
            rated.cohort_accounts_without_arr,
            rated.arr_then as cohort_arr,
            rated.arr_kept as cohort_arr_kept,
            rated.arr_end as cohort_arr_now,
            {{ share("rated.kept_account", "rated.arr_then") }} as grr_account,
            {{ share("rated.arr_now", "rated.arr_then") }} as nrr_account,
            {{ share("rated.kept_product", "rated.arr_then") }} as grr_product,
            {{ share("rated.arr_now_product", "rated.arr_then") }} as nrr_product,
            {{ share("rated.cohort_accounts_kept", "rated.cohort_accounts") }} as logo_retention,
            {{ wilson_low("rated.cohort_accounts_kept", "rated.cohort_accounts") }}
            as logo_retention_low,
            {{ wilson_high("rated.cohort_accounts_kept", "rated.cohort_accounts") }}
            as logo_retention_high,
            {{ share("rated.expansion", "rated.arr_then") }} as expansion_rate,
            {{ share("rated.expansion_volume", "rated.arr_then") }} as expansion_volume_rate,
            {{ share("rated.expansion_price", "rated.arr_then") }} as expansion_price_rate,
            {{ share("rated.accounts_expanded", "rated.cohort_accounts") }} as expansion_incidence,
            {{ share("rated.loss - rated.churn", "rated.arr_then") }} as contraction_rate,
            {{ share("rated.churn", "rated.arr_then") }} as churn_rate,
            case when rated.has_history then rated.fx_effect end as fx_effect,
            case
                when rated.has_cohort then rated.cohort_accounts < rated.low_n
            end as is_cohort_low_n,
            {{ share("rated.largest", "rated.arr_then") }} as cohort_top1_share,
            {{ share("rated.largest", "rated.arr_then") }}
            > rated.top1_share_flag as is_cohort_driven_by_one_account,
            case when rated.tier_id = 'ALL' then dispersions.tier_dispersion end as tier_dispersion,
            case
                when rated.tier_id = 'ALL' then dispersions.is_dispersion_separated
            end as is_dispersion_separated
        from rated
        left join
            dispersions
            on rated.period_type = dispersions.period_type
            and rated.period_start = dispersions.period_start
            and rated.attribution = dispersions.attribution
        {% for metric in ["gross_renewal_rate", "net_renewal_rate", "grr", "nrr"] %}
            left join
                bounds as {{ metric }}_bounds
                on {{ metric }}_bounds.metric = '{{ metric }}'
                and rated.attribution = 'tier_then'
                and rated.tier_id = {{ metric }}_bounds.tier_id
                and rated.period_type = {{ metric }}_bounds.period_type
                and rated.period_start = {{ metric }}_bounds.period_start
        {% endfor %}
    )

select *
from final
order by tier_id, period_type, period_start, attribution
