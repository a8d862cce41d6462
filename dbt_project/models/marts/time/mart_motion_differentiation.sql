-- Whether two tiers get different motions, or the same one with other amounts of time: pairs of
-- tiers over the last year.
with
    context as (
        select as_of, {{ add_days("as_of", -365) }} as from_day, config_version
        from {{ source("meta", "context") }}
    ),

    models as (
        select models.same_motion_distance
        from {{ ref("cfg_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    tiers as (
        select tiers.tier_id, tiers.tier_rank
        from {{ ref("cfg_tier") }} as tiers
        inner join context on {{ holds_on("tiers", "holds_from", "holds_to", "context.as_of") }}
    ),

    standards as (
        select distinct standards.tier_id, standards.family
        from {{ ref("cfg_standard") }} as standards
        inner join context on {{ holds_on("standards", "holds_from", "holds_to", "context.as_of") }}
    ),

    memberships as (select * from {{ ref("tier_membership_scd2") }}),

    activities as (
        select memberships.assigned_tier_id as tier_id, activities.type, activities.playbook_id
        from {{ ref("fct_activity") }} as activities
        inner join
            context
            on activities.started_on > context.from_day
            and activities.started_on <= context.as_of
        inner join
            memberships
            on activities.account_id = memberships.account_id
            and {{ holds_on("memberships", "valid_from", "valid_to", "activities.started_on") }}
        where activities.status = 'completed'
    ),

    mixes as (
        select tier_id, type, cast(count(*) as double) as activities
        from activities
        group by tier_id, type
    ),

    sizes as (
        select tier_id, sqrt(sum(activities * activities)) as size, sum(activities) as activities
        from mixes
        group by tier_id
    ),

    playbooks as (
        select distinct tier_id, playbook_id from activities where playbook_id is not null
    ),

    hours as (
        select worked.tier_id, {{ exact_sum("worked.minutes") }} / 60 as hours
        from {{ ref("fct_activity_time") }} as worked
        inner join
            context on worked.worked_on > context.from_day and worked.worked_on <= context.as_of
        where worked.category <> 'not_working' and worked.tier_id is not null
        group by worked.tier_id
    ),

    account_days as (
        select
            memberships.assigned_tier_id as tier_id,
            sum(
                {{
                    days_between(
                        "greatest(memberships.valid_from, "
                        ~ add_days("context.from_day", 1)
                        ~ ")",
                        "least(coalesce(memberships.valid_to, date '9999-12-31'), "
                        ~ add_days("context.as_of", 1)
                        ~ ")",
                    )
                }}
            ) as days
        from memberships
        inner join
            context
            on memberships.valid_from <= context.as_of
            and coalesce(memberships.valid_to > {{ add_days("context.from_day", 1) }}, true)
        group by memberships.assigned_tier_id
    ),

    given as (
        select
            tiers.tier_id,
            tiers.tier_rank,
            coalesce(sizes.activities, 0) as activities,
            sizes.size,
            {{ share("coalesce(hours.hours, 0) * 365", "account_days.days") }} as hours_per_account
        from tiers
        left join sizes on tiers.tier_id = sizes.tier_id
        left join hours on tiers.tier_id = hours.tier_id
        left join account_days on tiers.tier_id = account_days.tier_id
    ),

    pairs as (
        select
            one.tier_id,
            other.tier_id as other_tier_id,
            one.activities,
            other.activities as other_activities,
            one.size * other.size as size,
            one.hours_per_account,
            other.hours_per_account as other_hours_per_account
        from given as one
        inner join given as other on one.tier_rank > other.tier_rank
    ),

    {% for name, column in {"standards": "family", "playbooks": "playbook_id"}.items() %}
        {{ name }}_counts as (select tier_id, count(*) as members from {{ name }} group by tier_id),

        {{ name }}_shared as (
            select one.tier_id, other.tier_id as other_tier_id, count(*) as members
            from {{ name }} as one
            inner join {{ name }} as other on one.{{ column }} = other.{{ column }}
            group by one.tier_id, other.tier_id
        ),
    {% endfor %}

    products as (
        select
            one.tier_id,
            other.tier_id as other_tier_id,
            sum(one.activities * other.activities) as product
        from mixes as one
        inner join mixes as other on one.type = other.type
        group by one.tier_id, other.tier_id
    ),

    compared as (
        select
            pairs.*,
            greatest(
                1 - coalesce(products.product, 0) / nullif(pairs.size, 0),
                case when pairs.size > 0 then 0 end
            ) as activity_mix_distance
            {%- for name, result in {
                "standards": "shared_family_share",
                "playbooks": "shared_playbook_share",
            }.items() %}
                ,
                {{
                    share(
                        "coalesce(" ~ name ~ "_shared.members, 0)",
                        "(coalesce(one_"
                        ~ name
                        ~ ".members, 0) + coalesce(other_"
                        ~ name
                        ~ ".members, 0) - coalesce("
                        ~ name
                        ~ "_shared.members, 0))",
                    )
                }} as {{ result }}
            {%- endfor %}
        from pairs
        left join
            products
            on pairs.tier_id = products.tier_id
            and pairs.other_tier_id = products.other_tier_id
        {% for name in ["standards", "playbooks"] %}
            left join
                {{ name }}_shared
                on pairs.tier_id = {{ name }}_shared.tier_id
                and pairs.other_tier_id = {{ name }}_shared.other_tier_id
            left join {{ name }}_counts as one_{{ name }} on pairs.tier_id = one_{{ name }}.tier_id
            left join
                {{ name }}_counts as other_{{ name }}
                on pairs.other_tier_id = other_{{ name }}.tier_id
        {% endfor %}
    ),

    final as (
        select
            compared.tier_id,
            compared.other_tier_id,
            cast(compared.activities as bigint) as activities,
            cast(compared.other_activities as bigint) as other_activities,
            compared.activity_mix_distance,
            compared.shared_family_share,
            compared.shared_playbook_share,
            compared.hours_per_account,
            compared.other_hours_per_account,
            {{ share("compared.hours_per_account", "compared.other_hours_per_account") }}
            as hours_ratio,
            compared.activity_mix_distance < models.same_motion_distance as is_same_motion,
            context.as_of as as_of_date,
            context.config_version
        from compared
        cross join context
        cross join models
    )

select *
from final
order by tier_id, other_tier_id
