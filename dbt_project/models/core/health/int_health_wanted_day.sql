-- The days for which health is computed, by account and the coverage model it is computed by: the
-- spine, the days that calibration and churn look back to, each account's last live day, and every
-- day of tiers with a standard that asks for the band. Days that changes are told from are also
-- computed by the model in force on as_of, where its health section differs.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    models as (select * from {{ ref("cfg_model") }}),

    active as (
        select account_id, active_from, coalesce(active_to, date '9999-12-31') as active_to
        from {{ ref("int_account_active") }}
    ),

    tiers as (
        select
            account_id,
            valid_from,
            coalesce(valid_to, date '9999-12-31') as valid_to,
            assigned_tier_id as tier_id
        from {{ ref("tier_membership_scd2") }}
    ),

    starts as (
        select
            active.account_id, least(min(active.active_from), min(accounts.started_on)) as start_on
        from active
        left join {{ ref("accounts") }} as accounts on active.account_id = accounts.account_id
        group by active.account_id
    ),

    spine as ({{ health_spine("context") }}),

    horizons as (
        select distinct {{ rows_of("said.calibration.horizons_d") }} as horizon_d
        from
            (
                select
                    {{ fields_of("model", {"calibration": {"horizons_d": ["INTEGER"]}}) }} as said
                from {{ ref("int_coverage_model") }}
            ) as calibrations
    ),

    -- Standards that hold only in some band.
    band_standards as (
        select distinct holds_from, coalesce(holds_to, date '9999-12-31') as holds_to, tier_id
        from {{ ref("cfg_standard") }}
        where regexp_extract(when_predicate, '(^|[^a-z_0-9])(band)([^a-z_0-9]|$)', 2) = 'band'
    ),

    first_activity as (select min(started_on) as first_on from {{ ref("fct_activity") }}),

    ledger_spans as (
        select
            tiers.account_id,
            greatest(
                tiers.valid_from, band_standards.holds_from, first_activity.first_on
            ) as first_day,
            least(
                {{ add_days("least(tiers.valid_to, band_standards.holds_to)", -1) }}, context.as_of
            ) as last_day
        from tiers
        cross join context
        inner join first_activity on first_activity.first_on is not null
        inner join band_standards on tiers.tier_id = band_standards.tier_id
    ),

    days as (
        select account_id, day, true as is_on_spine, false as is_for_ledger
        from active
        inner join spine on spine.day >= active.active_from and spine.day < active.active_to
        union all
        select
            account_id,
            cast({{ rows_of(days_between_dates("first_day", "last_day")) }} as date) as day,
            false as is_on_spine,
            true as is_for_ledger
        from ledger_spans
        where first_day <= last_day
        union all
        select
            contracts.account_id,
            {{ add_days("contracts.ends_on", "-horizons.horizon_d") }} as day,
            false as is_on_spine,
            false as is_for_ledger
        from {{ ref("fct_contract") }} as contracts
        cross join horizons
        where contracts.ends_on is not null
        union all
        select
            active.account_id,
            {{ add_days("active.active_to", -1) }} as day,
            false as is_on_spine,
            false as is_for_ledger
        from active
        cross join context
        where active.active_to <= context.as_of
        union all
        select
            active.account_id,
            {{ add_days("active.active_to", -30) }} as day,
            false as is_on_spine,
            false as is_for_ledger
        from active
        cross join context
        where active.active_to <= context.as_of
    ),

    wanted as (
        select
            days.account_id,
            days.day,
            bool_or(days.is_on_spine) as is_on_spine,
            bool_or(days.is_for_ledger) as is_for_ledger
        from days
        cross join context
        where days.day <= context.as_of
        group by days.account_id, days.day
    ),

    modelled_days as (
        select days.day, models.holds_from, models.effective_from, models.health_version
        from (select distinct day from wanted) as days
        inner join models on {{ holds_on("models", "holds_from", "holds_to", "days.day") }}
    ),

    latest_model as (
        select models.holds_from, models.effective_from, models.health_version
        from models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    days_changes_start as (
        select {{ add_days("as_of", -1) }} as day
        from context
        union
        select {{ add_days("as_of", -28) }} as day
        from context
        union
        select max(spine.day) as day
        from spine
        cross join context
        where spine.day <= {{ add_days("context.as_of", -90) }}
    ),

    models_of_day as (
        select day, holds_from, effective_from, health_version, true as is_model_of_day
        from modelled_days
        union all
        select
            modelled_days.day,
            latest_model.holds_from,
            latest_model.effective_from,
            latest_model.health_version,
            false as is_model_of_day
        from modelled_days
        inner join days_changes_start on modelled_days.day = days_changes_start.day
        inner join latest_model on modelled_days.health_version <> latest_model.health_version
    ),

    final as (
        select
            wanted.account_id,
            wanted.day,
            models_of_day.holds_from,
            models_of_day.effective_from,
            models_of_day.health_version,
            models_of_day.is_model_of_day,
            wanted.is_on_spine,
            wanted.is_for_ledger,
            tiers.tier_id,
            {{ days_between("starts.start_on", "wanted.day") }} as age_days,
            starts.start_on,
            cast(
                {{ whole_months_between("starts.start_on", "wanted.day") }} as integer
            ) as age_months
        from wanted
        inner join
            active
            on wanted.account_id = active.account_id
            and wanted.day >= active.active_from
            and wanted.day < active.active_to
        inner join starts on wanted.account_id = starts.account_id
        inner join models_of_day on wanted.day = models_of_day.day
        left join
            tiers
            on wanted.account_id = tiers.account_id
            and wanted.day >= tiers.valid_from
            and wanted.day < tiers.valid_to
    )

select *
from final
