-- Each person's or pool's book today: what its accounts need against what there is to give, the
-- next 13 weeks, and how its customers fare.
with
    context as (
        select as_of, {{ week_of("as_of") }} as this_week, config_version
        from {{ source("meta", "context") }}
    ),

    models as (select * from {{ ref("cfg_capacity") }}),

    csms as (select * from {{ ref("dim_csm") }} where is_csm),

    people as (select user_id, loaded_cost_per_year from {{ ref("users") }}),

    books as (
        select *, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_book_tier") }}
        where is_current
    ),

    demand as (
        select account_id, arr, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_account_demand") }}
        where is_current
    ),

    weeks as (
        select *, {{ unit_of("user_id", "pool") }} as unit from {{ ref("csm_capacity_week") }}
    ),

    leads as (
        select
            account_id,
            valid_from,
            valid_to,
            {{ unit_of("coalesce(user_id, user_email)", "pool") }} as unit
        from {{ ref("int_account_lead") }}
    ),

    coverage as (
        select account_id, period_start, bool_and(is_covered) as is_covered
        from {{ ref("mart_coverage_account_period") }}
        where period_type = 'quarter' and is_covered is not null
        group by account_id, period_start
    ),

    quarters as (
        select max(period_start) as period_start
        from {{ ref("mart_coverage_tier_period") }}
        where basis = 'restated' and period_type = 'quarter' and is_period_closed
    ),

    renewals as (
        select account_id, term_end_on, atr, renewed_arr
        from {{ ref("fct_renewal") }}
        where atr is not null and renewed_arr is not null and outcome <> 'upcoming'
    ),

    obligations as (
        select account_id, closes_on, timeliness
        from {{ ref("fct_obligation") }}
        where schedule_type = 'response' and disposition = 'counted' and not is_provisional
    ),

    surveys as (
        select account_id, score, responded_at from {{ ref("surveys") }} where kind = 'csat'
    ),

    costs as (
        select
            {{ exact_sum("people.loaded_cost_per_year") }}
            / count(people.loaded_cost_per_year) as cost_per_fte
        from people
        inner join csms on people.user_id = csms.user_id
        where csms.is_employed
    ),

    held as (
        select
            unit,
            max(owner_user_id) as user_id,
            max(owner_pool) as pool,
            sum(accounts) as accounts,
            max(heads) as heads,
            round({{ exact_sum("fte", 15) }}, 9) as fte,
            round({{ exact_sum("supply_hours", 15) }}, 9) as supply_hours,
            {% for part in ["proactive", "reactive", "conditional", "onboarding", "required"] -%}
                {{ exact_sum(part ~ "_hours") }} as {{ part }}_hours {{- "," if not loop.last }}
            {% endfor %}
        from books
        where unit is not null
        group by unit
    ),

    arr as (select unit, {{ exact_sum("arr") }} as arr from demand group by unit),

    next_weeks as (
        select
            weeks.unit,
            {{ exact_sum("weeks.supply_hours") }} as supply_hours,
            {{ exact_sum("weeks.required_hours") }} as required_hours,
            max(weeks.utilisation) as peak_utilisation,
            min_by(weeks.week_start, (- weeks.utilisation, weeks.week_start)) filter (
                where weeks.utilisation is not null
            ) as peak_week_start
        from weeks
        where weeks.is_forecast
        group by weeks.unit
    ),

    -- Half a year back: how large the book was, and how often there was more to do than time.
    last_weeks as (
        select
            weeks.unit,
            sum(weeks.accounts) / cast(count(weeks.accounts) as double) as mean_accounts,
            count(case when weeks.utilisation > models.over_util then 1 end) as weeks_over
        from weeks
        cross join context
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
        where
            weeks.week_start < context.this_week
            and weeks.week_start >= {{ add_days("context.this_week", -26 * 7) }}
        group by weeks.unit
    ),

    covered as (
        select
            demand.unit,
            count(*) as accounts_evaluable,
            count(case when coverage.is_covered then 1 end) as accounts_covered
        from demand
        inner join coverage on demand.account_id = coverage.account_id
        inner join quarters on coverage.period_start = quarters.period_start
        group by demand.unit
    ),

    -- Of who led the account when its term ended: one that has left is in nobody's book today.
    renewed as (
        select
            leads.unit,
            {{ exact_sum("renewals.atr") }} as atr,
            {{ exact_sum("least(renewals.renewed_arr, renewals.atr)") }} as retained_arr
        from renewals
        cross join context
        inner join
            leads
            on renewals.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "renewals.term_end_on") }}
        where
            renewals.term_end_on <= context.as_of
            and renewals.term_end_on > {{ add_days("context.as_of", -365) }}
        group by leads.unit
    ),

    responses as (
        select
            demand.unit,
            count(*) as responses,
            count(case when obligations.timeliness = 'on_time' then 1 end) as responses_on_time
        from demand
        cross join context
        inner join obligations on demand.account_id = obligations.account_id
        where obligations.closes_on > {{ add_days("context.as_of", -91) }}
        group by demand.unit
    ),

    satisfaction as (
        select
            demand.unit,
            count(surveys.score) as csat_answers,
            {{ exact_sum("surveys.score") }} / count(surveys.score) as csat_mean
        from demand
        cross join context
        inner join surveys on demand.account_id = surveys.account_id
        where
            cast(surveys.responded_at as date) > {{ add_days("context.as_of", -91) }}
            and cast(surveys.responded_at as date) <= context.as_of
        group by demand.unit
    ),

    final as (
        select
            held.user_id,
            held.pool,
            csms.name,
            cast(coalesce(held.heads, 0) as bigint) as heads,
            cast(held.accounts as bigint) as accounts,
            held.fte,
            {{ share("held.accounts", "held.fte") }} as accounts_per_fte,
            arr.arr,
            held.proactive_hours,
            held.reactive_hours,
            held.conditional_hours,
            held.onboarding_hours,
            held.required_hours,
            held.supply_hours,
            {{ share("held.required_hours", "held.supply_hours") }} as utilisation,
            {{ load_band(share("held.required_hours", "held.supply_hours"), "models") }}
            as utilisation_band,
            held.required_hours / models.net_hours_per_fte as needed_fte,
            held.required_hours / models.net_hours_per_fte - held.fte as fte_gap,
            next_weeks.peak_week_start,
            next_weeks.peak_utilisation,
            next_weeks.required_hours as next_13w_required_hours,
            next_weeks.supply_hours as next_13w_supply_hours,
            case
                when next_weeks.required_hours <= next_weeks.supply_hours
                then
                    (next_weeks.supply_hours - next_weeks.required_hours)
                    * 4
                    / models.net_hours_per_fte
                when next_weeks.required_hours > next_weeks.supply_hours
                then 0
            end as surplus_fte,
            case
                when next_weeks.required_hours >= next_weeks.supply_hours
                then
                    (next_weeks.required_hours - next_weeks.supply_hours)
                    * 4
                    / models.net_hours_per_fte
                when next_weeks.required_hours < next_weeks.supply_hours
                then 0
            end as deficit_fte,
            (next_weeks.required_hours - next_weeks.supply_hours)
            * 4
            / models.net_hours_per_fte
            * costs.cost_per_fte as budget_delta,
            cast(null as double) as licence_delta,
            last_weeks.mean_accounts as mean_accounts_26w,
            last_weeks.weeks_over as weeks_over_26w,
            coalesce(covered.accounts_evaluable, 0) as accounts_evaluable,
            covered.accounts_covered,
            {{ share("covered.accounts_covered", "covered.accounts_evaluable") }} as account_cts,
            {{ wilson_low("covered.accounts_covered", "covered.accounts_evaluable") }}
            as account_cts_low,
            {{ wilson_high("covered.accounts_covered", "covered.accounts_evaluable") }}
            as account_cts_high,
            renewed.atr,
            {{ share("renewed.retained_arr", "renewed.atr") }} as gross_renewal_rate,
            coalesce(responses.responses, 0) as responses,
            {{ share("responses.responses_on_time", "responses.responses") }}
            as response_on_time_rate,
            coalesce(satisfaction.csat_answers, 0) as csat_answers,
            satisfaction.csat_mean,
            context.as_of as as_of_date,
            context.config_version
        from held
        cross join context
        cross join costs
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
        left join csms on held.user_id = csms.user_id
        left join arr on held.unit = arr.unit
        left join next_weeks on held.unit = next_weeks.unit
        left join last_weeks on held.unit = last_weeks.unit
        left join covered on held.unit = covered.unit
        left join renewed on held.unit = renewed.unit
        left join responses on held.unit = responses.unit
        left join satisfaction on held.unit = satisfaction.unit
        where held.pool is not null or csms.user_id is not null
    )

select *
from final
order by user_id, pool
