-- Who was covered in a period, and if not, why: one row an account, the tier of its obligations,
-- and the month or quarter in which they closed.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    periods as (select period_type, period_start, period_end from {{ ref("int_coverage_period") }}),

    obligations as (select * from {{ ref("int_coverage_obligation") }}),

    arr as (select account_id, month_start, arr from {{ ref("int_account_arr_on_month_start") }}),

    counted as (
        select
            account_id,
            tier_id,
            period_type,
            period_start,
            count(*) filter (where is_in_headline) as obligations_counted,
            count(*) filter (where is_in_headline and is_delivered) as obligations_delivered,
            count(*) filter (where is_in_headline and is_on_time) as obligations_on_time,
            count(*) filter (
                where is_in_headline and is_delivered and quality = 'to_standard'
            ) as obligations_to_standard,
            count(*) filter (where is_in_headline and is_good) as obligations_good,
            count(*) filter (where is_customer_unresponsive) as obligations_unresponsive,
            count(*) filter (where is_in_headline and is_required) as required_counted,
            count(*) filter (where is_in_headline and is_required and is_good) as required_good,
            count(*) filter (
                where is_in_headline and is_required and is_good_upper
            ) as required_good_upper,
            {{ exact_sum("case when is_in_headline and is_required then weight end") }}
            as required_weight,
            {{ exact_sum("case when is_in_headline and is_required and is_good then weight end") }}
            as good_weight,
            coalesce(
                bool_or(is_in_headline and is_required and timeliness = 'missed'), false
            ) as has_missed,
            bool_and(is_good) filter (where is_required) as is_covered_with_unresponsive,
            bool_and(is_good) filter (
                where is_required and not is_customer_unresponsive
            ) as is_covered_without_unresponsive,
            case
                {% for cause in coverage_causes() -%}
                    when {{ cause.holds }} then '{{ cause.name }}'
                {% endfor -%}
            end as first_cause,
            min_by({{ first_of("failed_conditions") }}, (closes_on, obligation_id)) filter (
                where is_failing and quality = 'below_standard'
            ) as failed_condition
        from obligations
        group by account_id, tier_id, period_type, period_start
    ),

    judged as (
        select
            *,
            case when required_counted > 0 then required_good = required_counted end as is_covered,
            case
                when required_counted > 0 then required_good_upper = required_counted
            end as is_covered_upper,
            case
                when required_counted > 0
                then coalesce(good_weight, 0) >= 0.8 * required_weight and not has_missed
            end as is_covered_lenient
        from counted
    ),

    final as (
        select
            judged.account_id,
            judged.tier_id,
            judged.period_type,
            judged.period_start,
            periods.period_end,
            judged.obligations_counted,
            judged.obligations_delivered,
            judged.obligations_on_time,
            judged.obligations_to_standard,
            judged.obligations_good,
            judged.obligations_unresponsive,
            judged.required_counted,
            judged.required_good,
            judged.is_covered,
            judged.is_covered_upper,
            judged.is_covered_lenient,
            judged.is_covered_with_unresponsive,
            judged.is_covered_without_unresponsive,
            case when not judged.is_covered then judged.first_cause end as cause,
            case
                when not judged.is_covered and judged.first_cause = 'below_standard'
                then judged.failed_condition
            end as cause_condition,
            arr.arr,
            context.as_of as as_of_date,
            context.config_version
        from judged
        cross join context
        inner join
            periods
            on judged.period_type = periods.period_type
            and judged.period_start = periods.period_start
        left join
            arr on judged.account_id = arr.account_id and judged.period_start = arr.month_start
    )

select *
from final
