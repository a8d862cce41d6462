-- Whether people or software looked after an account in the half year up to a day, and whether it
-- was one that software can look after: for every term end of which it is known what became, and
-- for active accounts on as_of.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    settings as (
        select settings.said.digital_min_health
        from ({{ distribution_settings({"digital_min_health": "DOUBLE"}) }}) as settings
        inner join context on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    active_accounts as (select * from {{ ref("int_account_active") }}),

    renewals as (
        select account_id, term_end_on
        from {{ ref("fct_renewal") }}
        where outcome not in ('upcoming', 'open_lapsed')
    ),

    activities as (select * from {{ ref("fct_activity") }}),

    obligations as (
        select account_id, opened_on
        from {{ ref("fct_obligation") }}
        where schedule_type = 'conditional'
    ),

    health as (select account_id, as_of_on, final_score from {{ ref("fct_health_daily") }}),

    histories as (
        select account_id, complexity, valid_from, valid_to from {{ ref("account_scd2") }}
    ),

    months as (select account_id, month_start, arr from {{ ref("fct_arr_month") }}),

    tiers as (select * from {{ ref("cfg_tier") }}),

    first_record as (select min(started_on) as first_on from activities),

    asked as (
        select account_id, term_end_on as day
        from renewals
        union
        select active_accounts.account_id, context.as_of as day
        from active_accounts
        inner join
            context
            on {{ holds_on("active_accounts", "active_from", "active_to", "context.as_of") }}
    ),

    contacts as (
        select
            asked.account_id,
            asked.day,
            count(case when {{ is_two_way("activities") }} then 1 end) as by_people,
            count(case when activities.is_automated then 1 end) as by_software
        from asked
        inner join
            activities
            on asked.account_id = activities.account_id
            and activities.started_on <= asked.day
            and activities.started_on > {{ add_days("asked.day", -182) }}
        where activities.status = 'completed'
        group by asked.account_id, asked.day
    ),

    called_for as (
        select distinct asked.account_id, asked.day
        from asked
        inner join
            obligations
            on asked.account_id = obligations.account_id
            and obligations.opened_on <= asked.day
            and obligations.opened_on > {{ add_days("asked.day", -180) }}
    ),

    scores as (
        select
            asked.account_id, asked.day, max_by(health.final_score, health.as_of_on) as final_score
        from asked
        inner join
            health
            on asked.account_id = health.account_id
            and health.as_of_on <= asked.day
            and health.as_of_on > {{ add_days("asked.day", -7) }}
        where health.final_score is not null
        group by asked.account_id, asked.day
    ),

    final as (
        select
            asked.account_id,
            asked.day,
            tiers.tier_id as band_tier_id,
            case
                when first_record.first_on > {{ add_days("asked.day", -181) }}
                then null
                when contacts.by_people > 0
                then 'people'
                when contacts.by_software > 0
                then 'software'
                else 'nobody'
            end as served_by,
            case
                when
                    histories.complexity <> 'low'
                    or called_for.account_id is not null
                    or scores.final_score < settings.digital_min_health
                then false
                when histories.complexity is not null and scores.final_score is not null
                then true
            end as is_digital_eligible
        from asked
        cross join first_record
        cross join settings
        left join contacts on asked.account_id = contacts.account_id and asked.day = contacts.day
        left join
            called_for on asked.account_id = called_for.account_id and asked.day = called_for.day
        left join scores on asked.account_id = scores.account_id and asked.day = scores.day
        left join
            histories
            on asked.account_id = histories.account_id
            and {{ holds_on("histories", "valid_from", "valid_to", "asked.day") }}
        left join
            months
            on asked.account_id = months.account_id
            and months.month_start
            = {{ months_later("cast(date_trunc('month', asked.day) as date)", -1) }}
        left join
            tiers
            on {{ holds_on("tiers", "holds_from", "holds_to", "asked.day") }}
            and tiers.arr_from <= months.arr
            and coalesce(months.arr < tiers.arr_to, true)
    )

select *
from final
order by account_id, day
