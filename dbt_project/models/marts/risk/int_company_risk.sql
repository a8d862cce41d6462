-- The risks of tiers, of pools, and of the whole company: what is measured, and
-- whether it is raised.
{{ config(schema="core") }}
with
    {{ risk_settings() }},

    {{ risk_rows() }},

    strains as (select * from {{ ref("int_account_strain") }}),

    tiers as (
        select tiers.tier_id
        from {{ ref("cfg_tier") }} as tiers
        cross join present
        where {{ holds_on("tiers", "holds_from", "holds_to", "present.as_of") }}
    ),

    closed_quarters as (
        select
            tier_id,
            period_start,
            {{ share("obligations_delivered", "accounts_active") }} as touches,
            to_standard_rate,
            row_number() over (partition by tier_id order by period_start desc) as age
        from {{ ref("mart_coverage_tier_period") }}
        where basis = 'restated' and period_type = 'quarter' and is_period_closed
    ),

    qualities as (
        select
            newest.tier_id,
            round(oldest.to_standard_rate - newest.to_standard_rate, 9) as value,
            newest.touches > middle.touches
            and middle.touches > oldest.touches
            and newest.to_standard_rate < middle.to_standard_rate
            and middle.to_standard_rate < oldest.to_standard_rate as is_opposed,
            {{
                json_of(
                    {
                        "quarter": "newest.period_start",
                        "touches_per_account": "newest.touches",
                        "touches_per_account_half_year_before": "oldest.touches",
                        "to_standard_rate": "newest.to_standard_rate",
                        "to_standard_rate_half_year_before": "oldest.to_standard_rate",
                    }
                )
            }} as evidence
        from closed_quarters as newest
        inner join closed_quarters as middle on newest.tier_id = middle.tier_id and middle.age = 2
        inner join closed_quarters as oldest on newest.tier_id = oldest.tier_id and oldest.age = 3
        where
            newest.age = 1
            and oldest.period_start = {{ months_later("newest.period_start", -6) }}
            and newest.touches is not null
            and middle.touches is not null
            and oldest.touches is not null
            and middle.to_standard_rate is not null
    ),

    broadcasting as (
        select distinct standards.tier_id
        from {{ ref("cfg_standard") }} as standards
        cross join present
        where
            {{ holds_on("standards", "holds_from", "holds_to", "present.as_of") }}
            and (
                {{ has_element("standards.accepts", "'broadcast'") }}
                or {{ has_element("standards.accepts", "'usage_recap'") }}
            )
    ),

    reached as (
        select distinct activities.account_id
        from {{ ref("fct_activity") }} as activities
        cross join present
        where
            activities.type in ('broadcast', 'usage_recap')
            and activities.status = 'completed'
            and activities.account_id is not null
            and activities.started_on >= {{ last_whole_month() }}
            and activities.started_on < {{ months_later(last_whole_month(), 1) }}
    ),

    reach as (
        select
            strains.tier_id,
            {{ share("count(reached.account_id)", "count(*)") }} as value,
            {{ json_of({"accounts": "count(*)", "reached": "count(reached.account_id)"}) }}
            as evidence
        from strains
        cross join present
        inner join broadcasting on strains.tier_id = broadcasting.tier_id
        left join reached on strains.account_id = reached.account_id
        where strains.active_from <= {{ last_whole_month() }}
        group by strains.tier_id
    ),

    -- Pools.
    people as (select email, bool_or(is_csm) as is_csm from {{ ref("dim_csm") }} group by email),

    pools as (
        select
            strains.owner_pool as pool,
            case
                when {{ is_tracked(13) }}
                then {{ share("count(*) filter (where strains.csms >= 3)", "count(*)") }}
            end as many_hands_share,
            count(*) as accounts
        from strains
        cross join present
        where strains.owner_pool is not null
        group by strains.owner_pool, present.first_week, present.monday
    ),

    -- Conversations; an email is its own note.
    touches as (
        select strains.owner_pool as pool, activities.notes_length
        from {{ ref("fct_activity") }} as activities
        cross join present
        inner join strains on activities.account_id = strains.account_id
        where
            strains.owner_pool is not null
            and activities.status = 'completed'
            and not coalesce(activities.is_automated, false)
            and coalesce(activities.direction <> 'internal', true)
            and coalesce(activities.channel, 'meeting') in ('meeting', 'call')
            and {{ list_length("activities.user_emails") }} > 0
            and {{ is_recent("activities.started_on") }}
    ),

    hygiene as (
        select
            pool,
            count(*) as touches,
            {{
                share(
                    "count(*) filter (where coalesce(notes_length, 0) = 0)",
                    "count(*)",
                )
            }} as without_notes
        from touches
        group by pool
    ),

    kept as (
        select
            obligations.owner_pool as pool,
            obligations.obligation_id,
            obligations.quality,
            {{ rows_of("activities.user_emails") }} as email
        from {{ ref("fct_obligation") }} as obligations
        cross join present
        inner join
            {{ ref("fct_activity") }} as activities
            on obligations.fulfilled_by_activity_id = activities.activity_id
        where
            obligations.owner_pool is not null
            and obligations.disposition = 'counted'
            and obligations.fulfilled_on > {{ add_days("present.as_of", -182) }}
            and obligations.fulfilled_on <= present.as_of
            and not coalesce(activities.is_automated, false)
    ),

    kept_by_person as (
        select
            kept.pool,
            kept.email,
            {{ share("count(*) filter (where kept.quality = 'to_standard')", "count(*)") }}
            as to_standard_rate
        from kept
        left join people on kept.email = people.email
        where coalesce(people.is_csm, true)
        group by kept.pool, kept.email
        having count(*) >= 5
    ),

    consistency as (
        select
            pool,
            count(*) as people,
            round(
                {{ quantile_of("to_standard_rate", 0.75) }}
                - {{ quantile_of("to_standard_rate", 0.25) }},
                9
            ) as spread
        from kept_by_person
        group by pool
        having count(*) >= 2
    ),

    -- The company.
    arr_shares as (
        select
            case when sum(arr) > 0 then {{ exact_sum("arr_share * arr_share", 15) }} end as hhi,
            max(arr_share) as largest_share
        from strains
    ),

    hours as (
        select times.account_id, {{ exact_sum("times.minutes") }} as minutes
        from {{ ref("fct_activity_time") }} as times
        cross join present
        where
            times.account_id is not null
            and times.category <> 'not_working'
            and times.week_start >= {{ add_days("present.monday", -91) }}
            and times.week_start < present.monday
        group by times.account_id
    ),

    hours_shares as (
        select
            {{ exact_sum("hours.minutes * hours.minutes") }}
            / nullif(power({{ exact_sum("hours.minutes") }}, 2), 0) as hhi,
            max(hours.minutes) / nullif({{ exact_sum("hours.minutes") }}, 0) as largest_share
        from hours
    ),

    source_types as (
        select distinct identities.source, tools.tool_type
        from {{ ref("map_account_identity") }} as identities
        inner join {{ source("meta", "tool") }} as tools on identities.source = tools.source_name
        where tools.tool_type in ('crm', 'csp', 'support')
    ),

    type_counts as (select count(distinct tool_type) as types from source_types),

    known_in as (
        select strains.account_id, count(distinct source_types.tool_type) as types
        from strains
        left join
            {{ ref("map_account_identity") }} as identities
            on strains.account_id = identities.account_id
        left join source_types on identities.source = source_types.source
        group by strains.account_id
    ),

    linked as (
        select
            count(*) as accounts,
            count(*) filter (where known_in.types = type_counts.types) as linked,
            max(type_counts.types) as types
        from known_in
        cross join type_counts
    ),

    judged as (
        select
            'quantity_over_quality' as risk_id,
            'tier' as subject_type,
            tiers.tier_id as subject_id,
            qualities.value,
            qualities.is_opposed and qualities.value >= present.quality_drop as is_raised,
            qualities.evidence
        from tiers
        cross join present
        left join qualities on tiers.tier_id = qualities.tier_id
        union all
        select
            'broadcast_reach' as risk_id,
            'tier' as subject_type,
            reach.tier_id as subject_id,
            case when {{ is_entity_carried("activities") }} then reach.value end as value,
            reach.value < present.broadcast_reach as is_raised,
            reach.evidence
        from reach
        cross join present
        union all
        select
            'disorganised_pool' as risk_id,
            'pool' as subject_type,
            pools.pool as subject_id,
            pools.many_hands_share as value,
            pools.many_hands_share > present.pool_hands as is_raised,
            {{ json_of({"accounts": "pools.accounts"}) }} as evidence
        from pools
        cross join present
        union all
        select
            'inconsistent_pool' as risk_id,
            'pool' as subject_type,
            pools.pool as subject_id,
            consistency.spread as value,
            consistency.spread > present.pool_spread as is_raised,
            {{ json_of({"people": "consistency.people"}) }} as evidence
        from pools
        cross join present
        left join consistency on pools.pool = consistency.pool
        union all
        select
            'pool_data_hygiene' as risk_id,
            'pool' as subject_type,
            pools.pool as subject_id,
            case
                when {{ is_field_carried("activities", "notes") }} then hygiene.without_notes
            end as value,
            hygiene.without_notes > present.without_notes as is_raised,
            {{ json_of({"touches": "hygiene.touches"}) }} as evidence
        from pools
        cross join present
        left join hygiene on pools.pool = hygiene.pool
        union all
        select
            'arr_hhi' as risk_id,
            'company' as subject_type,
            'company' as subject_id,
            arr_shares.hhi as value,
            arr_shares.hhi > present.hhi as is_raised,
            {{ json_of({"largest_share": "arr_shares.largest_share"}) }} as evidence
        from arr_shares
        cross join present
        union all
        select
            'hours_hhi' as risk_id,
            'company' as subject_type,
            'company' as subject_id,
            case when {{ is_tracked(13) }} then hours_shares.hhi end as value,
            hours_shares.hhi > present.hhi as is_raised,
            {{ json_of({"largest_share": "hours_shares.largest_share"}) }} as evidence
        from hours_shares
        cross join present
        union all
        select
            'unlinked_accounts' as risk_id,
            'company' as subject_type,
            'company' as subject_id,
            case
                when linked.types >= 2 then {{ share("linked.linked", "linked.accounts") }}
            end as value,
            {{ share("linked.linked", "linked.accounts") }} < present.linked_share as is_raised,
            {{ json_of({"accounts": "linked.accounts", "linked": "linked.linked"}) }} as evidence
        from linked
        cross join present
    ),

    {{ judged_subjects() }}

select *
from final
order by risk_number, subject_id
