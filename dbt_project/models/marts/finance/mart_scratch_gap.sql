-- How customers would be looked after if one began anew, against how they are: tier by what they
-- pay today, model by what fits, people by what they take. One row an account, a tier, and a tier
-- in each quarter.
{% set amounts = [
    "required_hours",
    "scratch_hours",
    "current_fte",
    "scratch_fte",
    "fte_gap",
    "hours_gap",
] %}
{% set of_accounts = [
    "account_id",
    "account_name",
    "scratch_tier_id",
    "current_model",
    "scratch_model",
    "owner_user_id",
    "owner_pool",
    "would_change_tier",
    "would_change_model",
    "would_change_band",
    "would_move",
    "arr_rank",
    "hours_rank",
] %}
with
    context as (
        select
            as_of,
            config_version,
            cast(date_trunc('week', as_of) as date) as this_week,
            cast(date_trunc('quarter', as_of) as date) as this_quarter
        from {{ source("meta", "context") }}
    ),

    models as (
        select capacity.holds_from, capacity.net_hours_per_fte
        from {{ ref("cfg_capacity") }} as capacity
        inner join
            context
            on context.as_of >= capacity.holds_from
            and coalesce(context.as_of < capacity.holds_to, true)
    ),

    demand as (select * from {{ ref("int_account_demand") }} where is_current),

    accounts as (select account_id, name from {{ ref("dim_account") }}),

    fits as (
        select account_id, current_model, best_model, gap from {{ ref("mart_model_fit_account") }}
    ),

    memberships as (
        select account_id, valid_from, valid_to, assigned_tier_id, eligible_tier_id
        from {{ ref("tier_membership_scd2") }}
    ),

    active_spans as (select * from {{ ref("int_account_active") }}),

    distribution as (
        select account_id, month_start, is_allowed from {{ ref("fct_distribution_month") }}
    ),

    quarters as (
        select periods.period_start, least(periods.period_end, context.as_of) as seen_on
        from {{ ref("int_coverage_period") }} as periods
        cross join context
        where
            periods.period_type = 'quarter'
            and periods.period_start >= context.this_quarter - interval '21' month
            and periods.period_start <= context.as_of
    ),

    standards as (
        select
            standards.tier_id,
            {{ exact_sum("standards.per_year * standards.expected_minutes / 60") }}
            as standard_hours
        from {{ ref("cfg_standard") }} as standards
        inner join models on standards.holds_from = models.holds_from
        where standards.schedule_type <> 'conditional'
        group by standards.tier_id
    ),

    units as (
        select
            coalesce(
                'pool:' || weeks.pool, 'person:' || coalesce(weeks.user_id, weeks.user_email)
            ) as unit,
            {{ exact_sum("weeks.fte", 12) }} as fte
        from {{ ref("int_csm_week") }} as weeks
        inner join context on weeks.week_start = context.this_week
        inner join {{ ref("dim_csm") }} as csms on weeks.user_id = csms.user_id
        where csms.is_employed
        group by 1
    ),

    owned as (
        select *, coalesce('person:' || owner_user_id, 'pool:' || owner_pool) as unit from demand
    ),

    books as (
        select unit, {{ exact_sum("required_hours") }} as required_hours, count(*) as accounts
        from owned
        where unit is not null
        group by unit
    ),

    redesigned as (
        select
            owned.account_id,
            accounts.name as account_name,
            owned.tier_id,
            coalesce(memberships.eligible_tier_id, owned.tier_id) as scratch_tier_id,
            fits.current_model,
            fits.best_model as scratch_model,
            owned.owner_user_id,
            owned.owner_pool,
            owned.arr,
            owned.required_hours,
            models.net_hours_per_fte,
            case
                when owned.unit is null
                then 0
                when books.required_hours > 0
                then units.fte * owned.required_hours / books.required_hours
                else units.fte / books.accounts
            end as current_fte,
            case
                when coalesce(memberships.eligible_tier_id, owned.tier_id) = owned.tier_id
                then owned.required_hours
                else
                    coalesce(standards.standard_hours, 0) * owned.complexity_multiplier
                    + owned.reactive_hours
                    + owned.conditional_hours
                    + owned.onboarding_hours
            end as scratch_hours,
            coalesce(memberships.eligible_tier_id <> owned.tier_id, false) as would_change_tier,
            -- What would suit as well as another way, and is not wrong today, need not move.
            coalesce(
                fits.gap is not null
                and {{ model_kind("fits.best_model") }} <> {{ model_kind("fits.current_model") }},
                false
            ) as would_change_model,
            coalesce(
                fits.gap is not null
                and {{ model_kind("fits.best_model") }} = {{ model_kind("fits.current_model") }},
                false
            ) as would_change_band
        from owned
        cross join models
        cross join context
        left join accounts on owned.account_id = accounts.account_id
        left join fits on owned.account_id = fits.account_id
        left join
            memberships
            on owned.account_id = memberships.account_id
            and context.as_of >= memberships.valid_from
            and coalesce(context.as_of < memberships.valid_to, true)
        left join standards on memberships.eligible_tier_id = standards.tier_id
        left join units on owned.unit = units.unit
        left join books on owned.unit = books.unit
    ),

    gaps as (
        select
            *,
            would_change_tier or would_change_model as would_move,
            scratch_hours / net_hours_per_fte as scratch_fte,
            scratch_hours / net_hours_per_fte - current_fte as fte_gap,
            scratch_hours - current_fte * net_hours_per_fte as hours_gap
        from redesigned
    ),

    by_account as (
        select
            'account' as grain,
            account_id as scratch_gap_id,
            tier_id,
            cast(null as date) as quarter_start,
            cast(null as bigint) as scratch_accounts,
            1 as accounts,
            case when would_move then 1 else 0 end as accounts_moving,
            cast(null as bigint) as accounts_model_not_allowed,
            arr,
            case when would_move then arr else 0 end as arr_moving,
            {% for amount in amounts -%} {{ amount }}, {% endfor %}
            account_id,
            account_name,
            scratch_tier_id,
            current_model,
            scratch_model,
            owner_user_id,
            owner_pool,
            would_change_tier,
            would_change_model,
            would_change_band,
            would_move,
            case
                when would_move
                then
                    row_number() over (
                        partition by would_move order by arr desc nulls last, account_id
                    )
            end as arr_rank,
            case
                when would_move
                then
                    row_number() over (
                        partition by would_move order by abs(hours_gap) desc nulls last, account_id
                    )
            end as hours_rank
        from gaps
    ),

    gaps_and_all as (
        {% for tier, scratch_tier in [
            ("tier_id", "scratch_tier_id"),
            ("'ALL'", "'ALL'"),
        ] %}
            select
                {{ tier }} as tier_id,
                {{ scratch_tier }} as scratch_tier_id,
                would_move,
                arr
                {%- for amount in amounts %}, {{ amount }} {%- endfor %}
            from gaps
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    arriving as (
        select scratch_tier_id, count(*) as scratch_accounts
        from gaps_and_all
        group by scratch_tier_id
    ),

    leaving as (
        select
            tier_id,
            count(*) as accounts,
            count(case when would_move then 1 end) as accounts_moving,
            {{ exact_sum("arr") }} as arr,
            {{ exact_sum("case when would_move then arr else 0 end") }} as arr_moving,
            {{ exact_sum("required_hours") }} as required_hours,
            {{ exact_sum("scratch_hours") }} as scratch_hours,
            {{ exact_sum("current_fte", 12) }} as current_fte,
            {{ exact_sum("scratch_fte", 12) }} as scratch_fte,
            {{ exact_sum("fte_gap", 12) }} as fte_gap,
            {{ exact_sum("hours_gap") }} as hours_gap
        from gaps_and_all
        group by tier_id
    ),

    by_tier as (
        select
            'tier' as grain,
            coalesce(leaving.tier_id, arriving.scratch_tier_id) as scratch_gap_id,
            coalesce(leaving.tier_id, arriving.scratch_tier_id) as tier_id,
            cast(null as date) as quarter_start,
            coalesce(arriving.scratch_accounts, 0) as scratch_accounts,
            coalesce(leaving.accounts, 0) as accounts,
            coalesce(leaving.accounts_moving, 0) as accounts_moving,
            cast(null as bigint) as accounts_model_not_allowed,
            leaving.arr,
            leaving.arr_moving
            {%- for amount in amounts %}, leaving.{{ amount }} {%- endfor %}
        from leaving
        full join arriving on leaving.tier_id = arriving.scratch_tier_id
    ),

    members as (
        select
            quarters.period_start as quarter_start,
            memberships.account_id,
            memberships.assigned_tier_id as tier_id,
            memberships.assigned_tier_id <> memberships.eligible_tier_id as would_move,
            distribution.is_allowed
        from quarters
        inner join
            memberships
            on quarters.seen_on >= memberships.valid_from
            and coalesce(quarters.seen_on < memberships.valid_to, true)
        inner join
            active_spans
            on memberships.account_id = active_spans.account_id
            and quarters.seen_on >= active_spans.active_from
            and coalesce(quarters.seen_on < active_spans.active_to, true)
        left join
            distribution
            on memberships.account_id = distribution.account_id
            and distribution.month_start = cast(date_trunc('month', quarters.seen_on) as date)
        where memberships.assigned_tier_id is not null
    ),

    members_and_all as (
        select *
        from members
        union all
        select quarter_start, account_id, 'ALL' as tier_id, would_move, is_allowed
        from members
    ),

    by_quarter as (
        select
            'quarter' as grain,
            cast(quarter_start as varchar) || ':' || tier_id as scratch_gap_id,
            tier_id,
            quarter_start,
            cast(null as bigint) as scratch_accounts,
            count(*) as accounts,
            count(case when would_move then 1 end) as accounts_moving,
            case
                when count(is_allowed) > 0 then count(case when not is_allowed then 1 end)
            end as accounts_model_not_allowed,
            cast(null as double) as arr,
            cast(null as double) as arr_moving
            {%- for amount in amounts %}, cast(null as double) as {{ amount }} {%- endfor %}
        from members_and_all
        group by tier_id, quarter_start
    ),

    everything as (
        select *
        from by_account
        {% for rolled_up in ["by_tier", "by_quarter"] %}
            union all
            select * {%- for column in of_accounts %}, null as {{ column }} {%- endfor %}
            from {{ rolled_up }}
        {% endfor %}
    ),

    final as (
        select
            everything.grain,
            everything.scratch_gap_id,
            everything.account_id,
            everything.account_name,
            everything.tier_id,
            everything.quarter_start as quarter_start_on,
            everything.scratch_tier_id,
            everything.current_model,
            everything.scratch_model,
            everything.owner_user_id,
            everything.owner_pool,
            everything.would_change_tier,
            everything.would_change_model,
            everything.would_change_band,
            everything.would_move,
            cast(everything.accounts as bigint) as accounts,
            cast(everything.scratch_accounts as bigint) as scratch_accounts,
            cast(everything.accounts_moving as bigint) as accounts_moving,
            cast(everything.accounts_model_not_allowed as bigint) as accounts_model_not_allowed,
            everything.arr,
            everything.arr_moving,
            everything.required_hours,
            everything.scratch_hours,
            everything.current_fte,
            everything.scratch_fte,
            everything.fte_gap,
            everything.hours_gap,
            cast(everything.arr_rank as bigint) as arr_rank,
            cast(everything.hours_rank as bigint) as hours_rank,
            context.as_of as as_of_date,
            context.config_version
        from everything
        cross join context
    )

select *
from final
order by grain, scratch_gap_id
