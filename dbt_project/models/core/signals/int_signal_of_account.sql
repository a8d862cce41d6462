-- Signals that follow from what an account is: its age, tier, band, terms, complexity, first value,
-- onboarding, and the hours that it needs. A view: int_account_signal_span alone reads it.
{{ config(schema="core", materialized="view") }}
with
    settings as (select holds_from, holds_to, step_up_hours from {{ ref("cfg_model") }}),

    active as (
        select account_id, active_from, coalesce(active_to, date '9999-12-31') as active_to
        from {{ ref("int_account_active") }}
    ),

    activities as (
        select account_id, started_on, type
        from {{ ref("fct_activity") }}
        where status = 'completed' and account_id is not null
    ),

    first_activity as (select min(started_on) as first_on from {{ ref("fct_activity") }}),

    tiers as (
        select
            account_id,
            valid_from,
            coalesce(valid_to, date '9999-12-31') as valid_to,
            assigned_tier_id as tier_id
        from {{ ref("tier_membership_scd2") }}
    ),

    scored_accounts as ({{ account_numbers(ref("int_health_day")) }}),

    bands as (
        select
            scored_accounts.account_number,
            health.day,
            health.band,
            lag(health.band) over (
                partition by scored_accounts.account_number order by health.day
            ) as band_before
        from {{ ref("int_health_day") }} as health
        inner join scored_accounts on health.account_id = scored_accounts.account_id
        cross join first_activity
        where
            health.is_model_of_day
            and (
                health.is_for_ledger
                or (health.is_on_spine and coalesce(health.day >= first_activity.first_on, true))
            )
    ),

    -- Where nothing is ever measured, nobody can be told that the band does not hold.
    measured as (
        select coalesce(bool_or(band <> 'insufficient_data'), false) as has_bands from bands
    ),

    changed_bands as (
        select
            scored_accounts.account_id,
            bands.day,
            lead(bands.day) over (partition by bands.account_number order by bands.day) as next_day,
            bands.band
        from bands
        inner join scored_accounts on bands.account_number = scored_accounts.account_number
        cross join measured
        where measured.has_bands and bands.band is distinct from bands.band_before
    ),

    levels as (
        select
            account_id,
            valid_from,
            coalesce(valid_to, date '9999-12-31') as valid_to,
            case complexity when 'low' then 1 when 'medium' then 2 when 'high' then 3 end as level
        from {{ ref("account_scd2") }}
        where complexity in ('low', 'medium', 'high')
    ),

    level_changes as (
        select
            levels.account_id,
            greatest(levels.valid_from, {{ add_days("earlier.valid_from", 30) }}) as day,
            least(
                levels.valid_to,
                case
                    when earlier.valid_to < date '9999-12-31'
                    then {{ add_days("earlier.valid_to", 30) }}
                    else earlier.valid_to
                end
            ) as next_day,
            levels.level - earlier.level as number
        from levels
        inner join levels as earlier on levels.account_id = earlier.account_id
    ),

    hours as (
        select
            weeks.account_id,
            weeks.week_start as day,
            {{ add_days("weeks.week_start", 7) }} as next_day,
            case
                when
                    abs(weeks.base_hours_per_year - earlier.base_hours_per_year)
                    < settings.step_up_hours
                then 0
                else round(weeks.base_hours_per_year / earlier.base_hours_per_year - 1, 9)
            end as number
        from {{ ref("int_account_reactive") }} as weeks
        inner join
            settings on {{ holds_on("settings", "holds_from", "holds_to", "weeks.week_start") }}
        inner join
            {{ ref("int_account_reactive") }} as earlier
            on weeks.account_id = earlier.account_id
            and weeks.tier_id = earlier.tier_id
            and {{ add_days("weeks.week_start", -35) }} = earlier.week_start
        where
            weeks.base_hours_per_year > 0
            and earlier.base_hours_per_year > 0
            and {{ is_signal_named(["required_h_delta_30d"]) }}
    ),

    terms as (
        select
            account_id,
            starts_on,
            ends_on,
            least(coalesce(in_force_to, date '9999-12-31'), {{ add_days("ends_on", 1) }}) as term_to
        from {{ ref("fct_contract") }}
        where ends_on >= starts_on
    ),

    term_edges as (
        select account_id, starts_on as day
        from terms
        union
        select account_id, term_to as day
        from terms
    ),

    term_pieces as (
        select account_id, day, lead(day) over (partition by account_id order by day) as next_day
        from term_edges
    ),

    term_ends as (
        select
            term_pieces.account_id,
            term_pieces.day,
            term_pieces.next_day,
            min({{ days_between("term_pieces.day", "terms.ends_on") }}) as number
        from term_pieces
        inner join
            terms
            on term_pieces.account_id = terms.account_id
            and terms.starts_on <= term_pieces.day
            and term_pieces.day < terms.term_to
        group by term_pieces.account_id, term_pieces.day, term_pieces.next_day
    ),

    first_values as (
        select
            accounts.account_id,
            coalesce(
                accounts.first_value_on,
                min(case when activities.type = 'first_value' then activities.started_on end)
            ) as first_value_on
        from {{ ref("dim_account") }} as accounts
        left join activities on accounts.account_id = activities.account_id
        group by accounts.account_id, accounts.first_value_on
    ),

    carried as (
        select
            {{ is_field_carried("accounts", "first_value_on") }}
            or exists (select 1 from activities where type = 'first_value') as has_first_value
    ),

    onboarded as (
        select account_id, min(day) as completed_on
        from
            (
                select account_id, started_on as day
                from activities
                where type = 'onboarding_complete'
                union all
                select account_id, completed_on as day
                from {{ ref("projects") }}
                where kind = 'implementation' and completed_on is not null
            ) as completions
        group by account_id
    ),

    onboarding_owed as (
        select distinct active.account_id, active.active_from
        from active
        inner join
            tiers
            on active.account_id = tiers.account_id
            and active.active_from >= tiers.valid_from
            and active.active_from < tiers.valid_to
        inner join
            {{ ref("cfg_standard") }} as standards
            on tiers.tier_id = standards.tier_id
            and standards.family = 'onboarding_complete'
            and {{ holds_on("standards", "holds_from", "holds_to", "active.active_from") }}
        union
        select active.account_id, active.active_from
        from active
        inner join {{ ref("projects") }} as projects on active.account_id = projects.account_id
        where projects.kind = 'implementation'
    ),

    onboarding as (
        select
            active.account_id,
            active.active_from as day,
            least(active.active_to, coalesce(onboarded.completed_on, active.active_to)) as next_day
        from active
        inner join first_activity on active.active_from >= first_activity.first_on
        inner join
            onboarding_owed
            on active.account_id = onboarding_owed.account_id
            and active.active_from = onboarding_owed.active_from
        left join onboarded on active.account_id = onboarded.account_id
        where exists (select 1 from onboarded)
    ),

    final as (
        select
            account_id,
            'age_days' as signal,
            active_from as day,
            active_to as next_day,
            cast(null as varchar) as value,
            cast(0 as double) as number,
            1 as step
        from active
        union all
        select account_id, 'tier', valid_from, valid_to, tier_id, null, 0
        from tiers
        where tier_id is not null
        union all
        select account_id, 'band', day, next_day, band, null, 0
        from changed_bands
        union all
        select account_id, 'complexity_points_delta_30d', day, next_day, null, number, 0
        from level_changes
        where day < next_day
        union all
        select account_id, 'required_h_delta_30d', day, next_day, null, number, 0
        from hours
        union all
        select account_id, 'days_to_term_end', day, next_day, null, number, -1
        from term_ends
        union all
        select account_id, 'first_value_date', date '0001-01-01', first_value_on, null, null, 0
        from first_values
        cross join carried
        where carried.has_first_value
        union all
        select
            account_id,
            'first_value_date',
            first_value_on,
            date '9999-12-31',
            cast(first_value_on as varchar),
            null,
            0
        from first_values
        cross join carried
        where carried.has_first_value and first_value_on is not null
        union all
        select account_id, 'onboarding_open_days', day, next_day, null, 0, 1
        from onboarding
        where day < next_day
    )

select
    account_id, signal, day, coalesce(next_day, date '9999-12-31') as next_day, value, number, step
from final
