-- Obligations to answer, judged. A view: int_obligation alone reads it.
{{ config(schema="core", materialized="view") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    cycles as (
        select *, case when end_reason is null then answered_on end as fulfilled_on
        from {{ ref("int_response_cycle") }}
    ),

    quality as (select * from {{ ref("int_touch_quality") }}),

    final as (
        select
            cycles.account_id,
            cycles.family,
            cycles.schedule_type,
            cycles.standard_number,
            cycles.cycle_key,
            cycles.triggered_on as opened_on,
            cycles.triggered_on as window_open_on,
            cycles.due_on,
            cycles.due_on as closes_on,
            cycles.ended_on,
            cycles.end_reason,
            case
                when cycles.fulfilled_on is not null
                then case when cycles.is_answered_in_time then 'on_time' else 'late' end
                when cycles.end_reason is not null or context.as_of <= cycles.due_on
                then 'open'
                else 'missed'
            end as timeliness,
            case
                when cycles.fulfilled_on is null
                then null
                when not cycles.has_conditions
                then 'to_standard'
                -- Of a ticket's answer nothing is known but when it came.
                else coalesce(quality.quality, 'unverifiable')
            end as quality,
            case
                when cycles.fulfilled_on is not null then quality.failed_conditions
            end as failed_conditions,
            cycles.fulfilled_on,
            case when cycles.fulfilled_on is not null then cycles.activity_id end as activity_id
        from cycles
        cross join context
        left join
            quality
            on cycles.account_id = quality.account_id
            and cycles.standard_number = quality.standard_number
            and cycles.activity_id = quality.activity_id
    )

select *
from final
