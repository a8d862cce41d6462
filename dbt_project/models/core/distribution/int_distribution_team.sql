-- Who serves each active account in each month: who leads it, who is assigned, and whose hours went
-- into it. A view: fct_distribution_month alone reads it.
{{ config(schema="core", materialized="view") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (
        {{
            distribution_settings(
                {
                    "dominant_share": "DOUBLE",
                    "contributor_share": "DOUBLE",
                    "min_hours": "DOUBLE",
                    "account_models": account_models(),
                }
            )
        }}
    ),

    month_starts as (
        select
            cast(
                {{
                    rows_of(
                        months_between_dates(
                            months_later("cast(date_trunc('month', as_of) as date)", -24), "as_of"
                        )
                    )
                }} as date
            ) as month_start,
            as_of
        from context
    ),

    measured_days as (
        select
            month_start,
            least({{ add_days(months_later("month_start", 1), -1) }}, as_of) as measured_on
        from month_starts
    ),

    months as (
        select measured_days.*, settings.holds_from, settings.said
        from measured_days
        inner join settings on {{ holds_on("settings", "holds_from", "holds_to", "measured_on") }}
    ),

    active as (select * from {{ ref("int_account_active") }}),

    leads as (select * from {{ ref("int_account_lead") }}),

    tiers as (
        select account_id, valid_from, valid_to, assigned_tier_id
        from {{ ref("tier_membership_scd2") }}
    ),

    people as (select user_id, is_csm, function from {{ ref("dim_csm") }}),

    assignments as (
        select *, coalesce(user_id, user_email) as person
        from {{ ref("account_assignment_scd2") }}
        where user_email is not null and role <> 'backup'
    ),

    standing as (
        select
            months.month_start,
            months.measured_on,
            months.holds_from,
            active.account_id,
            tiers.assigned_tier_id as tier_id,
            leads.user_id as lead_user_id,
            leads.user_email as lead_user_email,
            coalesce(leads.user_id, leads.user_email) as lead_id,
            case when leads.user_email is null then leads.pool end as lead_pool
        from months
        inner join
            active on {{ holds_on("active", "active_from", "active_to", "months.measured_on") }}
        left join
            leads
            on active.account_id = leads.account_id
            and {{ holds_on("leads", "valid_from", "valid_to", "months.measured_on") }}
        left join
            tiers
            on active.account_id = tiers.account_id
            and {{ holds_on("tiers", "valid_from", "valid_to", "months.measured_on") }}
    ),

    books as (
        select month_start, lead_id, lead_pool, count(*) as lead_accounts
        from standing
        where lead_id is not null or lead_pool is not null
        group by month_start, lead_id, lead_pool
    ),

    assigned as (
        select
            standing.month_start,
            standing.account_id,
            assignments.person,
            assignments.role,
            assignments.is_temporary,
            assignments.function
        from standing
        inner join
            assignments
            on standing.account_id = assignments.account_id
            and {{ holds_on("assignments", "valid_from", "valid_to", "standing.measured_on") }}
    ),

    on_paper as (
        select month_start, account_id, lead_id as person
        from standing
        where lead_id is not null
        union
        select month_start, account_id, person
        from assigned
        where role = 'member' and not is_temporary
    ),

    paper_teams as (
        select on_paper.month_start, on_paper.account_id, on_paper.person
        from on_paper
        left join people on on_paper.person = people.user_id
        where coalesce(people.is_csm, true)
    ),

    held as (
        select month_start, person, count(*) as accounts
        from paper_teams
        group by month_start, person
    ),

    by_paper as (
        select
            paper_teams.month_start,
            paper_teams.account_id,
            count(*) as contributors,
            max(held.accounts) as most_held
        from paper_teams
        inner join
            held on paper_teams.month_start = held.month_start and paper_teams.person = held.person
        group by paper_teams.month_start, paper_teams.account_id
    ),

    tracked as (select min(worked_on) as tracked_from from {{ ref("fct_activity_time") }}),

    worked as (
        select
            cast(date_trunc('month', worked_on) as date) as month_start,
            account_id,
            coalesce(user_id, user_email) as person,
            {{ exact_sum("minutes") }} as minutes
        from {{ ref("fct_activity_time") }}
        where account_id is not null and category <> 'not_working' and minutes > 0
        group by
            cast(date_trunc('month', worked_on) as date), account_id, coalesce(user_id, user_email)
    ),

    hours as (
        select
            worked.month_start,
            worked.account_id,
            worked.person,
            worked.minutes,
            people.function,
            case when coalesce(people.is_csm, true) then worked.minutes end as csm_minutes
        from worked
        inner join
            standing
            on worked.month_start = standing.month_start
            and worked.account_id = standing.account_id
        left join people on worked.person = people.user_id
    ),

    totals as (
        select
            month_start,
            account_id,
            {{ exact_sum("minutes") }} as minutes,
            {{ exact_sum("csm_minutes") }} as csm_minutes,
            max(csm_minutes) as most_minutes,
            count(csm_minutes) as csms
        from hours
        group by month_start, account_id
    ),

    contributors as (
        select
            hours.month_start,
            hours.account_id,
            hours.person,
            {{ share("hours.csm_minutes", "totals.csm_minutes") }}
            >= months.said.dominant_share as is_dominant
        from hours
        inner join
            totals
            on hours.month_start = totals.month_start
            and hours.account_id = totals.account_id
        inner join months on hours.month_start = months.month_start
        where
            totals.csm_minutes >= months.said.min_hours * 60
            and {{ share("hours.csm_minutes", "totals.csm_minutes") }}
            >= months.said.contributor_share
    ),

    contributed as (
        select month_start, person, count(*) as accounts
        from contributors
        group by month_start, person
    ),

    by_time as (
        select
            contributors.month_start,
            contributors.account_id,
            count(*) as contributors,
            max(coalesce(held.accounts, contributed.accounts)) as most_held,
            bool_or(
                contributors.is_dominant and coalesce(held.accounts, contributed.accounts) = 1
            ) as is_alone
        from contributors
        inner join
            contributed
            on contributors.month_start = contributed.month_start
            and contributors.person = contributed.person
        left join
            held
            on contributors.month_start = held.month_start
            and contributors.person = held.person
        group by contributors.month_start, contributors.account_id
    ),

    hands as (
        select on_paper.month_start, on_paper.account_id, on_paper.person, people.function
        from on_paper
        left join people on on_paper.person = people.user_id
        union all
        select
            assigned.month_start,
            assigned.account_id,
            assigned.person,
            coalesce(assigned.function, people.function) as function
        from assigned
        left join people on assigned.person = people.user_id
        union all
        select month_start, account_id, person, function
        from hours
    ),

    rosters as (
        select
            month_start,
            account_id,
            count(distinct person) as people,
            {{ union_of_lists("case when function is null then [] else [lower(function)] end") }}
            as functions
        from hands
        group by month_start, account_id
    ),

    exceptions as (
        select holds_from, {{ rows_of("said.account_models") }} as exception from settings
    ),

    final as (
        select
            standing.*,
            books.lead_accounts,
            coalesce(by_paper.contributors, 0) as paper_contributors,
            coalesce(by_paper.most_held, 0) as paper_most_held,
            case
                when tracked.tracked_from <= standing.measured_on then coalesce(totals.minutes, 0)
            end as minutes,
            case
                when tracked.tracked_from <= standing.measured_on
                then coalesce(totals.csm_minutes, 0)
            end as csm_minutes,
            case
                when tracked.tracked_from <= standing.measured_on and standing.lead_id is not null
                then coalesce(led.minutes, 0)
            end as lead_minutes,
            case when by_time.account_id is not null then 'time' else 'assignments' end as evidence,
            coalesce(by_time.contributors, by_paper.contributors, 0) as contributors,
            case
                when by_time.account_id is not null
                then {{ share("totals.most_minutes", "totals.csm_minutes") }}
            end as top_share,
            totals.csms,
            by_time.most_held,
            by_time.is_alone,
            coalesce(rosters.people, 0) as people,
            rosters.functions,
            exceptions.exception.model as override_model
        from standing
        cross join tracked
        left join
            books
            on standing.month_start = books.month_start
            and standing.lead_id is not distinct from books.lead_id
            and standing.lead_pool is not distinct from books.lead_pool
        left join
            by_paper
            on standing.month_start = by_paper.month_start
            and standing.account_id = by_paper.account_id
        left join
            by_time
            on standing.month_start = by_time.month_start
            and standing.account_id = by_time.account_id
        left join
            totals
            on standing.month_start = totals.month_start
            and standing.account_id = totals.account_id
        left join
            hours as led
            on standing.month_start = led.month_start
            and standing.account_id = led.account_id
            and standing.lead_id = led.person
        left join
            rosters
            on standing.month_start = rosters.month_start
            and standing.account_id = rosters.account_id
        left join
            exceptions
            on standing.holds_from = exceptions.holds_from
            and standing.account_id = exceptions.exception.account
            and standing.measured_on >= exceptions.exception.valid_from
            and standing.measured_on < exceptions.exception.valid_to
    )

select *
from final
