-- Do fuller books go with worse coverage, renewals and satisfaction? What happened to a tier's
-- accounts in five equal parts, by how many accounts a person looked after just before. What goes
-- together need not be cause and effect.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    demand as (
        select account_id, as_of_on, tier_id, {{ unit_of("owner_user_id", "owner_pool") }} as unit
        from {{ ref("int_account_demand") }}
    ),

    books as (
        select
            as_of_on,
            {{ unit_of("owner_user_id", "owner_pool") }} as unit,
            {{ share("sum(accounts)", "max(heads)") }} as accounts_per_csm
        from {{ ref("int_book_tier") }}
        group by as_of_on, {{ unit_of("owner_user_id", "owner_pool") }}
    ),

    days as (
        select as_of_on, lead(as_of_on) over (order by as_of_on) as next_on
        from (select distinct as_of_on from demand) as told
    ),

    models as (select holds_from, holds_to, low_n from {{ ref("cfg_model") }}),

    coverage as (
        select account_id, tier_id, period_start, is_covered
        from {{ ref("mart_coverage_account_period") }}
        where period_type = 'quarter' and is_covered is not null
    ),

    renewals as (
        select *
        from {{ ref("fct_renewal") }}
        where outcome not in ('upcoming', 'open_lapsed') and tier_id is not null
    ),

    surveys as (
        select response_id, account_id, cast(responded_at as date) as responded_on, score
        from {{ ref("surveys") }}
        cross join context
        where kind = 'csat' and score is not null and cast(responded_at as date) <= context.as_of
    ),

    observed as (
        select
            'coverage' as outcome,
            account_id,
            tier_id,
            cast(period_start as varchar) as observation_id,
            period_start as happened_on,
            case when is_covered then 1.0 else 0.0 end as part,
            1.0 as whole
        from coverage
        union all
        select
            'logo_renewal' as outcome,
            account_id,
            tier_id,
            renewal_id as observation_id,
            term_end_on as happened_on,
            case when outcome = 'churned' then 0.0 else 1.0 end as part,
            1.0 as whole
        from renewals
        union all
        select
            'gross_renewal' as outcome,
            account_id,
            tier_id,
            renewal_id as observation_id,
            term_end_on as happened_on,
            least(renewed_arr, atr) as part,
            atr as whole
        from renewals
        where atr > 0 and renewed_arr is not null
        union all
        select
            'csat' as outcome,
            account_id,
            cast(null as varchar) as tier_id,
            response_id as observation_id,
            responded_on as happened_on,
            score as part,
            1.0 as whole
        from surveys
    ),

    loaded as (
        select
            observed.outcome,
            observed.account_id,
            coalesce(observed.tier_id, demand.tier_id) as tier_id,
            observed.part,
            observed.whole,
            books.accounts_per_csm,
            ntile(5) over (
                partition by observed.outcome, coalesce(observed.tier_id, demand.tier_id)
                order by
                    books.accounts_per_csm,
                    observed.account_id,
                    observed.happened_on,
                    observed.observation_id
            ) as quintile
        from observed
        inner join
            days
            on observed.happened_on > days.as_of_on
            and coalesce(observed.happened_on <= days.next_on, true)
        inner join
            demand on observed.account_id = demand.account_id and days.as_of_on = demand.as_of_on
        inner join books on demand.as_of_on = books.as_of_on and demand.unit = books.unit
        where books.accounts_per_csm is not null
    ),

    summed as (
        select
            outcome,
            tier_id,
            quintile,
            count(*) as observations,
            count(distinct account_id) as accounts,
            min(accounts_per_csm) as load_from,
            max(accounts_per_csm) as load_to,
            {{ exact_sum("accounts_per_csm") }} / count(*) as load_mean,
            {{ exact_sum("part") }} as part,
            {{ exact_sum("whole") }} as whole
        from loaded
        group by outcome, tier_id, quintile
    ),

    -- How far a ratio of sums strays, by the residuals of its observations (Cochran 1977, 6.3).
    strayed as (
        select
            summed.outcome,
            summed.tier_id,
            summed.quintile,
            sqrt(
                {{ exact_sum("power(loaded.part - summed.part / summed.whole * loaded.whole, 2)") }}
                * max(summed.observations)
                / nullif(max(summed.observations) - 1, 0)
            )
            / max(summed.whole) as standard_error
        from summed
        inner join
            loaded
            on summed.outcome = loaded.outcome
            and summed.tier_id = loaded.tier_id
            and summed.quintile = loaded.quintile
        group by summed.outcome, summed.tier_id, summed.quintile
    ),

    final as (
        select
            summed.tier_id,
            summed.outcome,
            cast(summed.quintile as integer) as quintile,
            summed.observations,
            summed.accounts,
            summed.load_from,
            summed.load_to,
            summed.load_mean,
            {{ share("summed.part", "summed.whole") }} as value,
            case
                when summed.outcome in ('coverage', 'logo_renewal')
                then {{ wilson_low("summed.part", "summed.whole") }}
                when summed.outcome = 'gross_renewal' and strayed.standard_error is not null
                then greatest(summed.part / summed.whole - {{ z95() }} * strayed.standard_error, 0)
                else summed.part / summed.whole - {{ z95() }} * strayed.standard_error
            end as value_low,
            case
                when summed.outcome in ('coverage', 'logo_renewal')
                then {{ wilson_high("summed.part", "summed.whole") }}
                when summed.outcome = 'gross_renewal' and strayed.standard_error is not null
                then least(summed.part / summed.whole + {{ z95() }} * strayed.standard_error, 1)
                else summed.part / summed.whole + {{ z95() }} * strayed.standard_error
            end as value_high,
            summed.observations < models.low_n as is_low_n,
            true as is_associational,
            context.as_of as as_of_date,
            context.config_version
        from summed
        cross join context
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
        inner join
            strayed
            on summed.outcome = strayed.outcome
            and summed.tier_id = strayed.tier_id
            and summed.quintile = strayed.quintile
    )

select *
from final
order by tier_id, outcome, quintile
