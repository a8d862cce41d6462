-- The runs of the pipeline, the latest last.
with
    runs as (select * from {{ source("meta", "run") }}),

    final as (
        select
            run_id,
            started_at,
            finished_at,
            as_of as as_of_date,
            config_version,
            status,
            streams_read,
            streams_unchanged,
            streams_failed,
            records_new,
            records_changed,
            records_deleted,
            records_quarantined,
            message
        from runs
    )

select *
from final
order by started_at, run_id
