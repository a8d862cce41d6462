-- A source that gives more unusable records than its max_quarantined allows must not be
-- published: more is wrong with it than a few typing errors. The reasons are in
-- staging.stg_files__<entity>, column quarantine_reason.
select
    source_name,
    entity,
    records,
    records_quarantined,
    max_quarantined,
    records_quarantined
    || ' of '
    || records
    || ' records of '
    || entity
    || ' ('
    || source_name
    || ') cannot be used; max_quarantined allows '
    || round(100 * max_quarantined, 1)
    || ' %. For example '
    || array_to_string(sample, '; ')
    || '. Correct the source, or say how it writes them under sources.'
    || source_name
    || '.entities.'
    || entity
    || ' in sources.yaml (columns, values, date_format).' as message
from {{ ref("staging_volume") }}
where records_quarantined > max_quarantined * records
