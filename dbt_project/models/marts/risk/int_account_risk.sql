-- Each risk that an account can have, for the accounts that it concerns: what is measured, and
-- whether it is raised.
{{ config(schema="core") }}
with
    {{ risk_settings() }},

    {{ risk_rows() }},

    strains as (select * from {{ ref("int_account_strain") }}),

    in_force as (
        select
            assignments.account_id,
            assignments.role,
            coalesce(assignments.user_email, assignments.pool) as holder,
            assignments.user_email,
            lower(coalesce(assignments.function, people.function)) as function
        from {{ ref("account_assignment_scd2") }} as assignments
        cross join present
        left join
            (
                select email, min(function) as function from {{ ref("dim_csm") }} group by email
            ) as people
            on assignments.user_email = people.email
        where {{ holds_on("assignments", "valid_from", "valid_to", "present.as_of") }}
    ),

    leads as (
        select account_id, count(distinct holder) as leads
        from in_force
        where role = 'lead' and holder is not null
        group by account_id
    ),

    last_leads as (
        select assignments.account_id, max(assignments.valid_to) as left_on
        from {{ ref("account_assignment_scd2") }} as assignments
        cross join present
        where assignments.role = 'lead' and assignments.valid_to <= present.as_of
        group by assignments.account_id
    ),

    team_members as (
        select account_id, user_email, max(function) as function
        from in_force
        where role in ('lead', 'member', 'specialist') and user_email is not null
        group by account_id, user_email
    ),

    teams as (
        select
            account_id,
            count(*) as people,
            count(*) filter (where function is null) as without_function
        from team_members
        group by account_id
    ),

    parts as (
        select account_id, function, count(distinct user_email) as people
        from in_force
        where
            role in ('lead', 'member', 'specialist')
            and user_email is not null
            and function is not null
        group by account_id, function
    ),

    backups as (select distinct account_id, function from in_force where role = 'backup'),

    bus_factors as (
        select
            parts.account_id,
            min(parts.people) as bus_factor,
            count(distinct parts.function) filter (
                where parts.people = 1 and backups.account_id is null
            ) as without_backup
        from parts
        left join
            backups
            on parts.account_id = backups.account_id
            and coalesce(parts.function = backups.function, true)
        group by parts.account_id
    ),

    activities as (
        select
            activities.account_id,
            activities.activity_id,
            activities.type,
            activities.direction,
            activities.started_at,
            activities.started_on,
            activities.user_emails
        from {{ ref("fct_activity") }} as activities
        cross join present
        where
            activities.account_id is not null
            and activities.status = 'completed'
            and not coalesce(activities.is_automated, false)
            and {{ list_length("activities.user_emails") }} > 0
            and activities.started_on > {{ add_days("present.as_of", -98) }}
            and activities.started_on <= present.as_of
    ),

    check_ins as (
        select
            account_id,
            started_on,
            user_emails,
            lag(started_on) over (
                partition by account_id order by started_at, activity_id
            ) as earlier_on,
            lag(user_emails) over (
                partition by account_id order by started_at, activity_id
            ) as earlier_emails
        from activities
        where type = 'check_in' and coalesce(direction <> 'inbound', true)
    ),

    colleagues as (select distinct email from {{ ref("dim_csm") }}),

    addressed as (
        select activities.account_id, activities.activity_id, activities.started_on
        from
            (
                select account_id, activity_id, started_on, {{ rows_of("user_emails") }} as email
                from activities
                where direction = 'inbound'
            ) as activities
        inner join colleagues on activities.email = colleagues.email
        group by activities.account_id, activities.activity_id, activities.started_on
        having count(distinct activities.email) >= 2
    ),

    mishaps as (
        select check_ins.account_id, 1 as double_check_ins, 0 as unanswered
        from check_ins
        cross join present
        where
            {{ is_recent("check_ins.started_on") }}
            and {{ days_between("check_ins.earlier_on", "check_ins.started_on") }} <= 7
            and not {{ lists_share("check_ins.user_emails", "check_ins.earlier_emails") }}
        union all
        select addressed.account_id, 0 as double_check_ins, 1 as unanswered
        from addressed
        cross join present
        inner join
            {{ ref("fct_obligation") }} as obligations
            on addressed.account_id = obligations.account_id
            and obligations.cycle_key = 'message:' || addressed.activity_id
        where
            {{ is_recent("addressed.started_on") }}
            and obligations.disposition = 'counted'
            and obligations.timeliness in ('late', 'missed')
    ),

    coordination as (
        select account_id, sum(double_check_ins) as double_check_ins, sum(unanswered) as unanswered
        from mishaps
        group by account_id
    ),

    touches as (
        select activities.account_id, activities.activity_id, activities.email
        from
            (
                select account_id, activity_id, started_on, {{ rows_of("user_emails") }} as email
                from activities
                where coalesce(direction <> 'internal', true)
            ) as activities
        cross join present
        where {{ is_recent("activities.started_on") }}
    ),

    touches_by_person as (
        select account_id, email, count(distinct activity_id) as touches
        from touches
        group by account_id, email
    ),

    touches_by_account as (
        select account_id, count(distinct activity_id) as touches from touches group by account_id
    ),

    continuity as (
        select
            touches_by_person.account_id,
            max(touches_by_account.touches) as touches,
            count(*) as people,
            max(touches_by_person.touches) as most_touches
        from touches_by_person
        inner join
            touches_by_account on touches_by_person.account_id = touches_by_account.account_id
        group by touches_by_person.account_id
    ),

    inputs as (
        select
            {{ is_field_carried("activities", "user_emails") }} as has_people_on_activities,
            (select count(*) > 0 from leads) as has_leads
    ),

    measured as (
        select
            strains.*,
            {{ share("reactive_hours_0", "reactive_hours_2") }} as reactive_growth,
            {{ share("contributors_0", "contributors_2") }} as contributor_growth,
            case
                when hours_1 > 0 and hours_2 > 0 and arr_0 > 0 and arr_1 > 0 and arr_2 > 0
                then
                    least(
                        (hours_0 / hours_1) / (arr_0 / arr_1), (hours_1 / hours_2) / (arr_1 / arr_2)
                    )
            end as relative_growth,
            {{ is_tracked(4) }} as is_tracked_4w,
            {{ is_tracked(13) }}
            and strains.active_from <= {{ add_days("present.monday", -91) }} as is_tracked_13w,
            {{ is_tracked(13) }} as is_team_tracked_13w,
            {{ is_tracked(39) }}
            and strains.active_from <= {{ add_days("present.monday", -273) }} as is_tracked_39w,
            case when inputs.has_leads then coalesce(leads.leads, 0) end as leads,
            greatest(
                strains.active_from, coalesce(last_leads.left_on, strains.active_from)
            ) as left_on,
            teams.people as team_people,
            teams.without_function,
            bus_factors.bus_factor,
            coalesce(bus_factors.without_backup, 0) as without_backup,
            case
                when inputs.has_people_on_activities
                then
                    coalesce(coordination.double_check_ins, 0)
                    + coalesce(coordination.unanswered, 0)
            end as mishaps,
            coalesce(coordination.double_check_ins, 0) as double_check_ins,
            coalesce(coordination.unanswered, 0) as unanswered,
            continuity.touches,
            continuity.people as touching_people,
            {{ share("continuity.most_touches", "continuity.touches") }} as continuity_share
        from strains
        cross join present
        cross join inputs
        left join leads on strains.account_id = leads.account_id
        left join last_leads on strains.account_id = last_leads.account_id
        left join teams on strains.account_id = teams.account_id
        left join bus_factors on strains.account_id = bus_factors.account_id
        left join coordination on strains.account_id = coordination.account_id
        left join continuity on strains.account_id = continuity.account_id
    ),

    judged as (
        {% for judgement in account_judgements() %}
            select
                measured.account_id,
                measured.tier_id,
                measured.arr,
                measured.model_family,
                '{{ judgement.id }}' as risk_id,
                cast({{ judgement.value }} as double) as value,
                {{ judgement.raised }} as is_raised,
                {{ judgement.since or "cast(null as date)" }} as since_on,
                case
                    when {{ judgement.value }} is not null and ({{ judgement.raised }})
                    then {{ json_of(judgement.evidence) }}
                end as evidence
            from measured
            cross join present
            where {{ judgement.scope }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    final as (
        select
            judged.account_id,
            judged.risk_id,
            risks.risk_number,
            risks.distribution_model,
            judged.tier_id,
            judged.arr,
            judged.value is not null as is_evaluable,
            case when judged.value is null then risks.reason end as not_evaluable_reason,
            case
                when judged.value is not null then coalesce(judged.is_raised, false)
            end as is_raised,
            judged.value,
            risks.threshold,
            risks.unit,
            risks.severity,
            judged.since_on,
            judged.model_family = risks.distribution_model as is_of_current_model,
            judged.evidence
        from judged
        inner join risks on judged.risk_id = risks.risk_id
    )

select *
from final
order by risk_number, account_id
