-- Whether people get to do what standards ask of them, or customers' questions take the time: by
-- CSM and week, by tier and month, by tier and quarter.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (select * from {{ ref("cfg_model") }}),

    allocation as (select * from {{ ref("mart_time_allocation") }}),

    plans as (
        select *, cast(date_trunc('month', week_start) as date) as month_start
        from {{ ref("int_time_plan") }}
    ),

    worked as (
        select *, cast(date_trunc('month', worked_on) as date) as month_start
        from {{ ref("fct_activity_time") }}
    ),

    label_sums as (select * from {{ ref("int_time_reason") }}),

    meetings as (select * from {{ ref("int_customer_meeting") }}),

    delivery as (
        select *, cast(null as varchar) as user_id, month_start as week_start
        from {{ ref("int_delivery_month") }}
    ),

    carried as (
        select
            coalesce(bool_or(sources.kind in {{ calendar_kinds() }}), false) as has_calendar,
            coalesce(bool_or(sources.kind not in {{ calendar_kinds() }}), false) as has_record
        from {{ ref("canonical_fields") }} as fields
        inner join
            {{ source("meta", "source") }} as sources on fields.source_name = sources.source_name
        where fields.entity = 'activities' and fields.field = 'activity_id' and fields.is_carried
    ),

    -- A quarter is whole when all its months are.
    quarters as (
        select cast(date_trunc('quarter', period_start) as date) as period_start
        from allocation
        where grain = 'tier_month' and tier_id = 'ALL' and category = 'proactive'
        group by cast(date_trunc('quarter', period_start) as date)
        having count(*) = 3
    ),

    split as (
        select
            grain,
            user_id,
            tier_id,
            period_start,
            period_end,
            max(tracked_minutes) as tracked_minutes,
            max(contracted_minutes) as contracted_minutes
            {%- for category in ["proactive", "reactive", "internal", "unclassified"] %}
                ,
                {{ exact_sum("case when category = '" ~ category ~ "' then minutes else 0 end") }}
                as {{ category }}_minutes
            {%- endfor %}
        from allocation
        group by grain, user_id, tier_id, period_start, period_end
    ),

    balanced as (
        select *
        from split
        union all
        select
            'tier_quarter' as grain,
            cast(null as varchar) as user_id,
            split.tier_id,
            quarters.period_start,
            {{ add_days(months_later("quarters.period_start", 3), -1) }} as period_end
            {%- for minutes in [
                "tracked",
                "contracted",
                "proactive",
                "reactive",
                "internal",
                "unclassified",
            ] %}
                , {{ exact_sum("split." ~ minutes ~ "_minutes") }} as {{ minutes }}_minutes
            {%- endfor %}
        from split
        inner join
            quarters
            on cast(date_trunc('quarter', split.period_start) as date) = quarters.period_start
        where split.grain = 'tier_month'
        group by split.tier_id, quarters.period_start
    ),

    met as (
        select
            worked.user_id,
            worked.tier_id,
            worked.week_start,
            worked.month_start,
            meetings.is_documented,
            row_number() over (
                partition by meetings.activity_id order by worked.user_email
            ) as place
        from meetings
        inner join worked on meetings.activity_id = worked.activity_id
    ),

    -- For a tier, a meeting is one however many of us were there.
    met_once as (
        select user_id, cast(null as varchar) as tier_id, week_start, month_start, is_documented
        from met
        union all
        select cast(null as varchar) as user_id, tier_id, week_start, month_start, is_documented
        from met
        where place = 1
    ),

    period_met as ({{ in_balance_periods("met_once", ["is_documented"]) }}),

    met_sums as (
        select
            grain,
            of_whom,
            period_start,
            count(*) as customer_meetings,
            count(case when not is_documented then 1 end) as undocumented_meetings
        from period_met
        group by grain, of_whom, period_start
    ),

    period_plans as (
        {{
            in_balance_periods(
                "plans",
                ["designed_proactive_hours", "planned_reactive_hours", "crowd_out_hours"],
            )
        }}
    ),

    plan_sums as (
        select
            grain,
            of_whom,
            period_start
            {%- for hours in [
                "designed_proactive_hours",
                "planned_reactive_hours",
                "crowd_out_hours",
            ] %}
                ,
                case
                    when count(*) = count({{ hours }}) then {{ exact_sum(hours, 9) }}
                end as {{ hours }}
            {%- endfor %}
        from period_plans
        group by grain, of_whom, period_start
    ),

    period_delivery as (
        {{
            in_balance_periods(
                "delivery",
                [
                    "digital_obligations",
                    "digital_by_people",
                    "automatable_activities",
                    "automated_activities",
                ],
            )
        }}
    ),

    delivery_sums as (
        select
            grain,
            of_whom,
            period_start,
            sum(digital_obligations) as digital_obligations,
            sum(digital_by_people) as digital_by_people,
            sum(automatable_activities) as automatable_activities,
            sum(automated_activities) as automated_activities
        from period_delivery
        group by grain, of_whom, period_start
    ),

    judged as (
        select
            balanced.*,
            greatest(
                {{
                    share(
                        "(balanced.contracted_minutes - balanced.tracked_minutes)",
                        "balanced.contracted_minutes",
                    )
                }},
                case when balanced.contracted_minutes > 0 then 0 end
            ) as unaccounted_share,
            {{ share("balanced.reactive_minutes", "balanced.tracked_minutes") }} as reactive_share,
            models.mostly_reactive,
            models.max_unaccounted
        from balanced
        left join
            models on {{ holds_on("models", "holds_from", "holds_to", "balanced.period_end") }}
    ),

    ruled as (
        select
            *,
            case
                when unaccounted_share is null
                then 'no_contracted_time'
                when unaccounted_share > max_unaccounted
                then 'too_much_unaccounted'
                when reactive_share is null
                then 'nothing_tracked'
                when reactive_share > mostly_reactive
                then 'mostly_reactive'
                else 'not_mostly_reactive'
            end as verdict
        from judged
    ),

    final as (
        select
            ruled.grain,
            ruled.user_id,
            ruled.tier_id,
            ruled.period_start,
            ruled.period_end,
            ruled.proactive_minutes / 60 as proactive_hours,
            ruled.reactive_minutes / 60 as reactive_hours,
            ruled.internal_minutes / 60 as internal_hours,
            ruled.unclassified_minutes / 60 as unclassified_hours,
            ruled.tracked_minutes / 60 as tracked_hours,
            ruled.contracted_minutes / 60 as contracted_hours,
            ruled.reactive_share,
            ruled.unaccounted_share,
            plan_sums.designed_proactive_hours,
            plan_sums.planned_reactive_hours,
            {{
                share(
                    "plan_sums.designed_proactive_hours",
                    "(plan_sums.designed_proactive_hours + plan_sums.planned_reactive_hours)",
                )
            }} as designed_proactive_share,
            {{
                share(
                    "ruled.proactive_minutes",
                    "(ruled.proactive_minutes + ruled.reactive_minutes)",
                )
            }} as actual_proactive_share,
            plan_sums.crowd_out_hours,
            {{
                share(
                    "ruled.reactive_minutes",
                    "(ruled.proactive_minutes + ruled.reactive_minutes)",
                )
            }} as firefighting_index,
            case
                when ruled.verdict in ('mostly_reactive', 'not_mostly_reactive')
                then ruled.verdict = 'mostly_reactive'
            end as is_mostly_reactive,
            ruled.verdict,
            label_sums.top_reasons,
            (ruled.proactive_minutes + ruled.reactive_minutes) / 60 as client_hours,
            coalesce(label_sums.reporting_minutes, 0) / 60 as reporting_hours,
            coalesce(label_sums.crm_minutes, 0) / 60 as crm_hours,
            {{
                share(
                    "(ruled.proactive_minutes + ruled.reactive_minutes)",
                    "label_sums.crm_minutes",
                )
            }} as client_to_crm_ratio,
            case
                when carried.has_calendar then coalesce(met_sums.customer_meetings, 0)
            end as customer_meetings,
            case
                when carried.has_calendar and carried.has_record
                then coalesce(met_sums.undocumented_meetings, 0)
            end as undocumented_meetings,
            case
                when carried.has_calendar and carried.has_record
                then {{ share("met_sums.undocumented_meetings", "met_sums.customer_meetings") }}
            end as undocumented_touch_rate,
            cast(delivery_sums.digital_obligations as bigint) as digital_obligations,
            {{ share("delivery_sums.digital_by_people", "delivery_sums.digital_obligations") }}
            as manual_workaround_rate,
            cast(delivery_sums.automatable_activities as bigint) as automatable_activities,
            {{
                share(
                    "delivery_sums.automated_activities", "delivery_sums.automatable_activities"
                )
            }} as automated_rate,
            context.as_of as as_of_date,
            context.config_version
        from ruled
        cross join context
        cross join carried
        {% for relation in ["plan_sums", "label_sums", "met_sums", "delivery_sums"] %}
            left join
                {{ relation }}
                on ruled.grain = {{ relation }}.grain
                and coalesce(ruled.user_id, ruled.tier_id) = {{ relation }}.of_whom
                and ruled.period_start = {{ relation }}.period_start
        {% endfor %}
    )

select *
from final
order by grain, user_id, tier_id, period_start
