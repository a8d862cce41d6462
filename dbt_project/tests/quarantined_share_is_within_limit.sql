-- A source that gives more unusable records than its max_quarantined allows must not be
-- published: more is wrong with it than a few typing errors. The reasons are in
-- staging.stg_files__<entity>, column quarantine_reason.
select source_name, entity, records, records_quarantined, max_quarantined, sample
from {{ ref("staging_volume") }}
where records_quarantined > max_quarantined * records
