-- Tables that the pipeline itself keeps in the warehouse. raw.<source>__<stream> tables are
-- created by the loader, input.* by input_views; everything else is dbt's.
create schema if not exists raw;
create schema if not exists meta;
create schema if not exists input;

-- Numbers the versions of all records: what was parsed of one is known by it.
create sequence if not exists raw.record_version;

-- One row: what every model of this run is a function of, beside the records.
create table if not exists meta.context (
    as_of date not null,
    config_version varchar not null,
    time_zone varchar not null,
    currency varchar not null
);

-- One row: while it is the same, the same records and the same day make the same tables. What dbt
-- keeps from the night before holds only as long as it is.
create table if not exists meta.recipe (
    version varchar not null
);

-- What dbt remembers of health from night to night, written by the model int_health_remembered: what
-- each day was computed from, the days on which a measure was held and, while all that was computed
-- stands, the recipe.
create table if not exists meta.health_basis (
    account_id varchar,
    day date,
    fingerprint hugeint
);
create table if not exists meta.health_hold (
    held_from date,
    held_to date
);
create table if not exists meta.health_night (
    recipe varchar not null
);

-- The bootstrap intervals that dbt drew last night, by a fingerprint of all that they depend on.
create table if not exists meta.drawn_interval (
    model varchar not null,
    fingerprint varchar not null,
    low double,
    high double
);

create table if not exists meta.fx_rate (
    currency varchar not null,
    rate double not null
);

-- Market rates; each holds from its day until the next.
create table if not exists meta.fx_rate_history (
    currency varchar not null,
    holds_from date not null,
    rate double not null
);

create table if not exists meta.source (
    source_name varchar not null,
    kind varchar not null,
    priority integer not null,
    freshness_hours double not null,
    max_quarantined double not null
);

-- Settings of sources that SQL must know.
create table if not exists meta.source_option (
    source_name varchar not null,
    option varchar not null,
    value varchar not null
);

-- Which source wins for a field, where the order of the sources does not say it; 0 wins.
create table if not exists meta.field_priority (
    entity varchar not null,
    field varchar not null,
    source_name varchar not null,
    rank integer not null
);

-- Which canonical fields a source carries at all: absent is not empty.
create table if not exists meta.carried_field (
    source_name varchar not null,
    entity varchar not null,
    field varchar not null
);

-- The coverage models, defaults filled in; each holds until the next (half-open).
create table if not exists meta.coverage_model (
    effective_from date not null,
    effective_to date,
    model json not null
);

-- Quarterly reviews that were signed off; without a tier: of all of them.
create table if not exists meta.review (
    quarter_start date not null,
    tier_id varchar,
    signed_off_on date not null,
    signed_off_by varchar not null
);

-- Releases of the product after which needs should be looked at anew.
create table if not exists meta.release (
    released_on date not null,
    name varchar not null
);

-- The team's tools: those that sources.yaml names, and what connected sources read from.
create table if not exists meta.tool (
    tool_name varchar not null,
    tool_type varchar not null,
    source_name varchar,
    is_declared boolean not null,
    capabilities varchar[] not null,
    recording_max_min integer
);

-- Weekdays on which a calendar has no business day.
create table if not exists meta.holiday (
    calendar varchar not null,
    day date not null
);

-- Under which names, in lower case, accounts may call a calendar.
create table if not exists meta.business_calendar (
    name varchar not null,
    calendar varchar not null
);

-- What the two tables above were last made from: while it is the same, so are they.
create table if not exists meta.calendars_made_from (
    fingerprint varchar not null
);

-- What nights first published for periods that had closed; landing/_reported/ has it for good.
drop table if exists meta.reported_coverage;  -- as it was called when it held one table's reports
create table if not exists meta.first_report (
    table_name varchar not null,
    tier_id varchar not null,
    period_type varchar not null,
    period_start date not null,
    attribution varchar,
    period_end date not null,
    reported_as_of date not null,
    config_version varchar not null,
    measures json not null
);

create table if not exists meta.run (
    run_id varchar primary key,
    started_at timestamptz not null,
    finished_at timestamptz,
    as_of date not null,
    config_version varchar not null,
    status varchar not null,
    streams_read integer,
    streams_unchanged integer,
    streams_failed integer,
    records_new bigint,
    records_changed bigint,
    records_deleted bigint,
    records_quarantined bigint,
    message varchar
);

-- Every landed batch that was judged, applied or not; replaying landing judges them again.
create table if not exists meta.batch (
    batch_id varchar not null,
    source_name varchar not null,
    stream varchar not null,
    run_id varchar not null,
    extracted_at timestamptz not null,
    status varchar not null,
    message varchar,
    records bigint not null,
    records_new bigint not null,
    records_changed bigint not null,
    records_deleted bigint not null,
    records_quarantined bigint not null,
    duplicates bigint not null,
    primary key (source_name, stream, batch_id)
);

-- Current records of a stream in many files of which a later file has the key too.
create table if not exists meta.superseded_record (
    source_name varchar not null,
    stream varchar not null,
    record_key varchar not null,
    superseded_by varchar not null
);

create table if not exists meta.stream_state (
    source_name varchar not null,
    stream varchar not null,
    entity varchar,
    status varchar not null,
    message varchar,
    cursor varchar,
    columns varchar[],
    last_attempt_at timestamptz,
    last_success_at timestamptz,
    records bigint not null,
    records_new bigint not null,
    records_changed bigint not null,
    records_deleted bigint not null,
    records_quarantined bigint not null,
    primary key (source_name, stream)
);

-- What landing and loading found. scope says what replaces a row: the next applied batch of the
-- stream ('data'), or the next preparation of the inputs ('input').
create table if not exists meta.finding (
    scope varchar not null,
    check_id varchar not null,
    source_name varchar not null,
    stream varchar,
    entity varchar,
    severity varchar not null,
    rows_failed bigint not null,
    rows_total bigint,
    sample varchar[],
    message varchar not null
);
