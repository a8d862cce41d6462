-- How old the data of each stream is, as seen from the start of the latest run.
with
    runs as (select max(started_at) as started_at from {{ source("meta", "run") }}),

    streams as (select * from {{ source("meta", "stream_state") }}),

    sources as (select source_name, freshness_hours from {{ source("meta", "source") }}),

    aged as (
        select
            streams.*,
            sources.freshness_hours,
            {{ minutes_between("streams.last_success_at", "runs.started_at") }} / 60 as hours_old
        from streams
        cross join runs
        left join sources on streams.source_name = sources.source_name
    ),

    final as (
        select
            source_name as source,
            stream,
            entity,
            status,
            message,
            last_attempt_at,
            last_success_at,
            case when hours_old < 0 then 0 else hours_old end as age_hours,
            freshness_hours,
            last_success_at is null or coalesce(hours_old > freshness_hours, false) as is_stale,
            records,
            records_new,
            records_changed,
            records_deleted,
            records_quarantined
        from aged
    )

select *
from final
order by source, stream
