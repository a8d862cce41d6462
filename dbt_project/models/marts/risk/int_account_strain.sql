-- What each active account takes of whom, and how that has moved: what its risks are
-- judged by.
{{ config(schema="core") }}
with
    {{ risk_settings() }},

    accounts as (
        select
            accounts.account_id,
            accounts.tier_id,
            accounts.arr,
            accounts.complexity,
            accounts.success_plan_updated_on,
            accounts.has_current_success_plan,
            spans.active_from
        from {{ ref("mart_account_360") }} as accounts
        cross join present
        inner join
            {{ ref("int_account_active") }} as spans
            on accounts.account_id = spans.account_id
            and {{ holds_on("spans", "active_from", "active_to", "present.as_of") }}
    ),

    leads as (
        select account_id, user_id, user_email, pool
        from {{ ref("int_account_lead") }} as leads
        cross join present
        where {{ holds_on("leads", "valid_from", "valid_to", "present.as_of") }}
    ),

    people as (select email, bool_or(is_csm) as is_csm from {{ ref("dim_csm") }} group by email),

    tracked as (
        select
            times.account_id,
            times.user_email,
            times.week_start,
            times.category = 'reactive' as is_reactive,
            coalesce(people.is_csm, true) as is_csm,
            present.monday,
            -- 0 for the last 13 whole weeks, 1 and 2 for those before.
            cast(
                floor(
                    ({{ days_between("times.week_start", "present.monday") }} - 1) / 91.0
                ) as integer
            ) as block,
            {{ exact_sum("times.minutes") }} as minutes
        from {{ ref("fct_activity_time") }} as times
        cross join present
        left join people on times.user_email = people.email
        where
            times.category <> 'not_working'
            and times.minutes > 0
            and times.week_start >= {{ add_days("present.monday", -273) }}
            and times.week_start < present.monday
        group by all
    ),

    by_account as (
        select
            account_id,
            {{ hours_where("block = 0") }} as hours_0,
            {{ hours_where("block = 1") }} as hours_1,
            {{ hours_where("block = 2") }} as hours_2,
            {{ hours_where("is_reactive and block = 0") }} as reactive_hours_0,
            {{ hours_where("is_reactive and block = 1") }} as reactive_hours_1,
            {{ hours_where("is_reactive and block = 2") }} as reactive_hours_2,
            {{ hours_where("is_csm and block = 0") }} as csm_hours
        from tracked
        where account_id is not null
        group by account_id
    ),

    by_week as (
        select account_id, week_start, {{ exact_sum("minutes") }} as minutes
        from tracked
        where account_id is not null and block = 0
        group by account_id, week_start
    ),

    unevenness as (
        select
            account_id,
            sqrt(
                greatest(
                    0,
                    13 * {{ exact_sum("minutes * minutes") }} - power({{ exact_sum("minutes") }}, 2)
                )
            )
            / {{ exact_sum("minutes") }} as weekly_cv
        from by_week
        group by account_id
    ),

    by_csm as (
        select account_id, user_email, {{ exact_sum("minutes") }} as minutes
        from tracked
        where account_id is not null and is_csm and block = 0
        group by account_id, user_email
    ),

    hands as (
        select
            by_csm.account_id,
            count(*) as csms,
            count(*) filter (
                where by_csm.minutes < present.few_hours_share * by_account.csm_hours * 60
            ) as fleeting_csms
        from by_csm
        cross join present
        inner join by_account on by_csm.account_id = by_account.account_id
        group by by_csm.account_id
    ),

    -- The last four weeks of each lead.
    lead_weeks as (
        select user_email, week_start, {{ exact_sum("minutes") }} as minutes
        from tracked
        where week_start >= {{ add_days("monday", -28) }}
        group by user_email, week_start
    ),

    account_lead_weeks as (
        select account_id, user_email, week_start, {{ exact_sum("minutes") }} as minutes
        from tracked
        where account_id is not null and week_start >= {{ add_days("monday", -28) }}
        group by account_id, user_email, week_start
    ),

    bookings as (
        select
            leads.account_id,
            count(*) as weeks,
            min(coalesce(own.minutes, 0) / lead_weeks.minutes) as least_share
        from leads
        inner join lead_weeks on leads.user_email = lead_weeks.user_email
        left join
            account_lead_weeks as own
            on leads.account_id = own.account_id
            and leads.user_email = own.user_email
            and lead_weeks.week_start = own.week_start
        group by leads.account_id
    ),

    helpers as (
        select
            months.account_id,
            {{ months_back("contributors", 1, "months.evidence = 'time'") }} as contributors_0,
            {{ months_back("contributors", 4, "months.evidence = 'time'") }} as contributors_1,
            {{ months_back("contributors", 7, "months.evidence = 'time'") }} as contributors_2
        from {{ ref("fct_distribution_month") }} as months
        cross join present
        group by months.account_id
    ),

    arr_before as (
        select
            months.account_id,
            {{ months_back("arr", 1) }} as arr_0,
            {{ months_back("arr", 4) }} as arr_1,
            {{ months_back("arr", 7) }} as arr_2
        from {{ ref("fct_arr_month") }} as months
        cross join present
        where months.month_start >= {{ months_later("present.month_start", -7) }}
        group by months.account_id
    ),

    judged_quarters as (
        select
            account_id,
            period_start,
            bool_and(is_covered) as is_covered,
            sum(obligations_good) as obligations_good,
            sum(obligations_counted) as obligations_counted,
            max(period_start) over (partition by account_id) as newest_start
        from {{ ref("mart_coverage_account_period") }}
        where period_type = 'quarter' and is_covered is not null
        group by account_id, period_start
    ),

    covered as (select * from judged_quarters where period_start = newest_start),

    totals as (select {{ exact_sum("arr") }} as arr from accounts),

    total_hours as (select {{ exact_sum("hours_0") }} as hours from by_account),

    supply as (
        select {{ exact_sum("weeks.supply_hours") }} as hours
        from {{ ref("int_csm_week") }} as weeks
        cross join present
        where
            weeks.week_start >= {{ add_days("present.monday", -91) }}
            and weeks.week_start < present.monday
    ),

    final as (
        select
            accounts.account_id,
            accounts.tier_id,
            accounts.arr,
            accounts.complexity,
            accounts.active_from,
            accounts.success_plan_updated_on,
            accounts.has_current_success_plan,
            leads.user_id as owner_user_id,
            leads.user_email as owner_email,
            leads.pool as owner_pool,
            fits.current_model,
            split_part(fits.current_model, '[', 1) as model_family,
            fits.service_cost_per_year,
            fits.cost_to_serve_ratio,
            fits.lead_accounts,
            helpers.contributors_0,
            helpers.contributors_1,
            helpers.contributors_2,
            arr_before.arr_0,
            arr_before.arr_1,
            arr_before.arr_2,
            {{ share("accounts.arr", "totals.arr") }} as arr_share,
            coalesce(by_account.hours_0, 0) as hours_0,
            coalesce(by_account.hours_1, 0) as hours_1,
            coalesce(by_account.hours_2, 0) as hours_2,
            coalesce(by_account.reactive_hours_0, 0) as reactive_hours_0,
            coalesce(by_account.reactive_hours_1, 0) as reactive_hours_1,
            coalesce(by_account.reactive_hours_2, 0) as reactive_hours_2,
            coalesce(by_account.csm_hours, 0) as csm_hours,
            {{ share("coalesce(by_account.csm_hours, 0)", "supply.hours") }} as supply_share,
            {{ share("coalesce(by_account.hours_0, 0)", "total_hours.hours") }} as hours_share,
            unevenness.weekly_cv,
            coalesce(hands.csms, 0) as csms,
            coalesce(hands.fleeting_csms, 0) as fleeting_csms,
            case when bookings.weeks = 4 then bookings.least_share end as lead_share,
            capacity.peak_week_hours,
            capacity.stranded_fte,
            covered.is_covered,
            covered.period_start as covered_quarter_start,
            {{ share("covered.obligations_good", "covered.obligations_counted") }} as obligation_cts
        from accounts
        cross join totals
        cross join supply
        cross join total_hours
        left join leads on accounts.account_id = leads.account_id
        left join
            {{ ref("mart_model_fit_account") }} as fits on accounts.account_id = fits.account_id
        left join
            {{ ref("mart_capacity_account") }} as capacity
            on accounts.account_id = capacity.account_id
        left join helpers on accounts.account_id = helpers.account_id
        left join arr_before on accounts.account_id = arr_before.account_id
        left join by_account on accounts.account_id = by_account.account_id
        left join unevenness on accounts.account_id = unevenness.account_id
        left join hands on accounts.account_id = hands.account_id
        left join bookings on accounts.account_id = bookings.account_id
        left join covered on accounts.account_id = covered.account_id
    )

select *
from final
order by account_id
