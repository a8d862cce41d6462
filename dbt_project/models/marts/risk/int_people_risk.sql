-- The risks of the people themselves: whether their books need more or less than they have to give,
-- and signs of burnout, by team unless the coverage model says otherwise.
{{ config(schema="core") }}
with
    {{ risk_settings() }},

    {{ risk_rows() }},

    people as (
        select
            user_id,
            email,
            team,
            coalesce(user_id, email) as person_id,
            is_csm and is_employed as is_at_work,
            is_csm
        from {{ ref("dim_csm") }}
    ),

    -- What people and pools have to give, against what their accounts take.
    books as (
        select
            case when pool is null then 'csm' else 'pool' end as subject_type,
            coalesce(pool, user_id) as subject_id,
            {{ share("supply_hours", "required_hours") }} as supply_rate,
            {{ share("required_hours", "supply_hours") }} as demand_rate,
            {{
                json_of(
                    {
                        "accounts": "accounts",
                        "required_hours": "required_hours",
                        "supply_hours": "supply_hours",
                        "csat_mean": "csat_mean",
                        "response_on_time_rate": "response_on_time_rate",
                    }
                )
            }} as evidence
        from {{ ref("mart_capacity_csm") }}
        where accounts > 0
    ),

    -- Signs of burnout, person by person.
    recent_weeks as (
        select
            weeks.user_id,
            weeks.user_email,
            weeks.pool,
            weeks.week_start,
            weeks.working_hours,
            loads.utilisation
        from {{ ref("int_csm_week") }} as weeks
        cross join present
        left join
            {{ ref("csm_capacity_week") }} as loads
            on weeks.week_start = loads.week_start
            and coalesce(weeks.pool, weeks.user_id) = coalesce(loads.pool, loads.user_id)
            and (weeks.pool is null) = (loads.pool is null)
        where
            weeks.week_start >= {{ add_days("present.monday", -119) }}
            and weeks.week_start < present.monday
    ),

    loads as (
        select
            recent_weeks.user_id,
            count(recent_weeks.utilisation) filter (
                where {{ is_last_weeks("recent_weeks.week_start", "present.burnout_out_of_weeks") }}
            ) as weeks_known,
            count(*) filter (
                where
                    {{ is_last_weeks("recent_weeks.week_start", "present.burnout_out_of_weeks") }}
                    and recent_weeks.utilisation > present.over_util
            ) as weeks_over,
            {{
                exact_sum(
                    "case when recent_weeks.week_start >= "
                    ~ add_days("present.monday", -28)
                    ~ " then recent_weeks.working_hours end"
                )
            }} as hours_now,
            {{
                exact_sum(
                    "case when recent_weeks.week_start < "
                    ~ add_days("present.monday", -28)
                    ~ " then recent_weeks.working_hours end"
                )
            }} as hours_before
        from recent_weeks
        cross join present
        group by recent_weeks.user_id
    ),

    worked as (
        select
            times.user_email,
            times.activity_id,
            times.week_start,
            times.minutes,
            times.is_outside_workday
        from {{ ref("fct_activity_time") }} as times
        cross join present
        where
            times.category <> 'not_working'
            and times.week_start >= {{ add_days("present.monday", -119) }}
            and times.week_start < present.monday
    ),

    efforts as (
        select
            worked.user_email,
            {{
                exact_sum(
                    "case when worked.is_outside_workday is not null and worked.week_start >= "
                    ~ add_days("present.monday", -91)
                    ~ " then worked.minutes end"
                )
            }} / 60 as clocked_hours,
            {{
                exact_sum(
                    "case when worked.is_outside_workday and worked.week_start >= "
                    ~ add_days("present.monday", -91)
                    ~ " then worked.minutes end"
                )
            }} / 60 as after_hours,
            count(
                distinct case
                    when worked.week_start >= {{ add_days("present.monday", -28) }}
                    then worked.activity_id
                end
            ) as activities_now,
            count(
                distinct case
                    when worked.week_start < {{ add_days("present.monday", -28) }}
                    then worked.activity_id
                end
            ) as activities_before
        from worked
        cross join present
        group by worked.user_email
    ),

    strained_people as (
        select
            people.person_id,
            people.team,
            case when loads.weeks_known > 0 then loads.weeks_over end as weeks_over,
            case
                when efforts.clocked_hours >= 10
                then coalesce(efforts.after_hours, 0) / efforts.clocked_hours
            end as after_hours_share,
            case
                when
                    {{ is_tracked(17) }}
                    and efforts.activities_before >= 40
                    and loads.hours_now >= 40
                    and loads.hours_before >= 40
                then efforts.activities_now
            end as activities_now,
            efforts.activities_before / loads.hours_before * loads.hours_now as activities_expected
        from people
        cross join present
        left join loads on people.user_id = loads.user_id
        left join efforts on people.email = efforts.user_email
        where people.is_at_work
    ),

    signs as (
        select
            strained_people.*,
            coalesce(strained_people.weeks_over >= present.burnout_weeks, false) as is_overloaded,
            coalesce(
                strained_people.after_hours_share > present.after_hours_share, false
            ) as is_outside_workday,
            coalesce(
                strained_people.activities_now
                <= (1 - present.activity_drop) * strained_people.activities_expected
                and strained_people.activities_now
                < strained_people.activities_expected
                - 2 * sqrt(strained_people.activities_expected),
                false
            ) as is_doing_less,
            coalesce(
                cast(strained_people.weeks_over as double),
                strained_people.after_hours_share,
                strained_people.activities_now
            )
            is not null as is_evaluable
        from strained_people
        cross join present
    ),

    sign_groups as (
        select 'company' as subject_type, 'company' as subject_id, signs.*
        from signs
        union all
        select 'team' as subject_type, signs.team as subject_id, signs.*
        from signs
        where signs.team is not null
        union all
        select 'csm' as subject_type, signs.person_id as subject_id, signs.*
        from signs
        cross join present
        where present.has_people_shown
    ),

    burnout as (
        select
            sign_groups.subject_type,
            sign_groups.subject_id,
            {{
                share(
                    "count(*) filter (where is_overloaded or is_outside_workday or is_doing_less)",
                    "count(*) filter (where is_evaluable)",
                )
            }} as value,
            {{
                json_of(
                    {
                        "people": "count(*)",
                        "overloaded": "count(*) filter (where is_overloaded)",
                        "after_hours": "count(*) filter (where is_outside_workday)",
                        "doing_less": "count(*) filter (where is_doing_less)",
                    }
                )
            }} as evidence
        from sign_groups
        cross join present
        group by sign_groups.subject_type, sign_groups.subject_id
        having sign_groups.subject_type <> 'team' or count(*) >= max(present.smallest_team)
    ),

    judged as (
        select
            'help_limited' as risk_id,
            subject_type,
            subject_id,
            supply_rate as value,
            supply_rate < 1 as is_raised,
            evidence
        from books
        union all
        select
            'under_used' as risk_id,
            books.subject_type,
            books.subject_id,
            books.demand_rate as value,
            books.demand_rate < present.under_util as is_raised,
            books.evidence
        from books
        cross join present
        union all
        select
            'burnout' as risk_id,
            burnout.subject_type,
            burnout.subject_id,
            burnout.value,
            burnout.value >= present.burnout_share as is_raised,
            burnout.evidence
        from burnout
        cross join present
    ),

    {{ judged_subjects() }}

select *
from final
order by risk_number, subject_type, subject_id
