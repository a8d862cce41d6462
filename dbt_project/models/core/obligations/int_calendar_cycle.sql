-- One cycle a calendar period of fixed_calendar and state schedules. The standard is that of the
-- day on which the window opens, and stays to the period's end.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    standards as (
        select
            standard_number,
            coalesce(min_eligible_share, 0) as min_eligible_share,
            -- A state is judged each month.
            case
                coalesce(period, 'month')
                when 'month'
                then 1
                when 'quarter'
                then 3
                when 'half'
                then 6
                when 'year'
                then 12
            end as months
        from {{ ref("int_obligation_standard") }}
        where schedule_type in ('fixed_calendar', 'state')
    ),

    spells as (select * from {{ ref("int_obligation_spell") }}),

    bounds as (
        select {{ add_days("min(run_from)", -366) }} as first_on, max(context.as_of) as last_on
        from spells
        cross join context
    ),

    months as (
        select
            cast({{ rows_of(months_between_dates("first_on", "last_on")) }} as date) as month_start
        from bounds
    ),

    periods as (
        select
            lengths.months,
            months.month_start as period_start,
            {{ add_days(months_later("months.month_start", "lengths.months"), -1) }} as period_end,
            concat(
                cast(year(months.month_start) as varchar),
                case
                    lengths.months
                    when 1
                    then concat('-', lpad(cast(month(months.month_start) as varchar), 2, '0'))
                    when 3
                    then concat('-Q', cast(quarter(months.month_start) as varchar))
                    when 6
                    then case when month(months.month_start) = 1 then '-H1' else '-H2' end
                    else ''
                end
            ) as cycle_key
        from months
        cross join (select distinct months from standards) as lengths
        where (month(months.month_start) - 1) % lengths.months = 0
    ),

    opened as (
        select
            spells.account_id,
            spells.family,
            spells.schedule_type,
            spells.standard_number,
            spells.owed_from,
            spells.owed_to,
            spells.run_to,
            spells.run_end_reason,
            standards.min_eligible_share,
            periods.period_start,
            periods.period_end,
            periods.cycle_key,
            greatest(periods.period_start, spells.run_from) as window_open_on
        from spells
        inner join standards on spells.standard_number = standards.standard_number
        inner join
            periods
            on standards.months = periods.months
            and spells.run_from <= periods.period_end
            and coalesce(spells.owed_to > periods.period_start, true)
    ),

    numbered as (
        select
            opened.*,
            row_number() over (
                partition by
                    opened.account_id, opened.family, opened.schedule_type, opened.cycle_key
                order by opened.window_open_on
            ) as place
        from opened
        cross join context
        where
            opened.window_open_on >= opened.owed_from
            and coalesce(opened.window_open_on < opened.owed_to, true)
            and opened.window_open_on <= context.as_of
            and {{ days_between("opened.window_open_on", "opened.period_end") }} + 1
            >= opened.min_eligible_share
            * ({{ days_between("opened.period_start", "opened.period_end") }} + 1)
    ),

    final as (
        select
            account_id,
            family,
            schedule_type,
            standard_number,
            cycle_key,
            window_open_on,
            period_end as due_on,
            case when run_to <= period_end then run_to end as ended_on,
            case when run_to <= period_end then run_end_reason end as end_reason
        from numbered
        where place = 1
    )

select *
from final
