-- What customers' questions were about, and what went into reports and into keeping records: by the
-- periods of mart_time_balance. What is for no account of a tier is shared out.
{{ config(schema="core") }}
with
    csms as (select user_id from {{ ref("dim_csm") }} where is_csm),

    shares as (select * from {{ ref("int_time_share") }}),

    csm_work as (
        select worked.*, cast(date_trunc('month', worked.worked_on) as date) as month_start
        from {{ ref("fct_activity_time") }} as worked
        inner join csms on worked.user_id = csms.user_id
    ),

    labelled as (
        select
            user_id,
            tier_id,
            week_start,
            month_start,
            category,
            case
                when category = 'internal'
                then work_type
                when reason = 'written'
                then coalesce(work_type, reason)
                else reason
            end as label,
            {{ exact_sum("minutes") }} as minutes
        from csm_work
        where
            minutes > 0
            and (
                category = 'reactive'
                or (category = 'internal' and work_type in ('reporting', 'data_entry'))
            )
        group by user_id, tier_id, week_start, month_start, category, label
    ),

    labelled_and_spread as (
        select
            user_id,
            cast(null as varchar) as tier_id,
            week_start,
            month_start,
            category,
            label,
            minutes
        from labelled
        union all
        select
            cast(null as varchar) as user_id,
            tier_id,
            week_start,
            month_start,
            category,
            label,
            minutes
        from labelled
        union all
        select
            cast(null as varchar) as user_id,
            shares.tier_id,
            labelled.week_start,
            labelled.month_start,
            labelled.category,
            labelled.label,
            labelled.minutes * shares.time_share as minutes
        from labelled
        inner join
            shares
            on labelled.user_id = shares.user_id
            and labelled.month_start = shares.month_start
        where labelled.tier_id is null and labelled.category = 'internal'
    ),

    period_labelled as (
        {{ in_balance_periods("labelled_and_spread", ["category", "label", "minutes"]) }}
    ),

    labels as (
        select grain, of_whom, period_start, category, label, {{ exact_sum("minutes") }} as minutes
        from period_labelled
        group by grain, of_whom, period_start, category, label
    ),

    reasons as (
        select
            *,
            row_number() over (
                partition by grain, of_whom, period_start order by minutes desc, label
            ) as place,
            {{ share("minutes", "sum(minutes) over (partition by grain, of_whom, period_start)") }}
            as reason_share
        from labels
        where category = 'reactive'
    ),

    final as (
        select
            labels.grain,
            labels.of_whom,
            labels.period_start,
            max(
                case
                    when labels.category = 'internal' and labels.label = 'reporting'
                    then labels.minutes
                end
            ) as reporting_minutes,
            max(
                case
                    when labels.category = 'internal' and labels.label = 'data_entry'
                    then labels.minutes
                end
            ) as crm_minutes,
            {{
                list_in_order(
                    "concat(reasons.label, ' ', cast(cast(floor(100 * reasons.reason_share + 0.5) as integer) as varchar), ' %')",
                    "reasons.place",
                    "reasons.place <= 3",
                )
            }}
            as top_reasons
        from labels
        left join
            reasons
            on labels.grain = reasons.grain
            and labels.of_whom = reasons.of_whom
            and labels.period_start = reasons.period_start
            and labels.category = reasons.category
            and labels.label = reasons.label
        group by labels.grain, labels.of_whom, labels.period_start
    )

select *
from final
order by grain, of_whom, period_start
