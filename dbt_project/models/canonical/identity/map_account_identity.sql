-- Which account each record of each source is, and how that was found.
{{ config(schema="coverage", persist_docs={"relation": true, "columns": true}) }}
with recursive
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    known as (select * from {{ ref("int_account_stand_in") }} where account_key is not null),

    key_ranks as (
        select account_key, min(source_rank) as key_rank
        from known
        where is_live
        group by account_key
    ),

    foreign_matches as (
        select account_key, other_key, 'foreign_id' as method, foreign_id as value
        from {{ ref("int_account_match_foreign_id") }}
        where is_accepted
    ),

    domain_matches as (
        select account_key, other_key, 'domain' as method, domain as value
        from {{ ref("int_account_match_domain") }}
        where is_accepted
    ),

    matches as (
        select *
        from foreign_matches
        union all
        select *
        from domain_matches
    ),

    ranked_matches as (
        select
            matches.*,
            case
                when other.key_rank < own.key_rank then own.account_key else other.account_key
            end as lower_key,
            case
                when other.key_rank < own.key_rank then other.account_key else own.account_key
            end as upper_key
        from matches
        inner join key_ranks as own on matches.account_key = own.account_key
        inner join key_ranks as other on matches.other_key = other.account_key
    ),

    edges as (select distinct lower_key, upper_key from ranked_matches),

    {{ grouped_by("edges") }},

    members as (
        select known.*, coalesce(grouped.group_key, known.account_key) as group_key
        from known
        left join grouped on known.account_key = grouped.key
    ),

    -- An id that stands for an account of its own can not be that of another one, too.
    taken as (select distinct account_key, group_key from members),

    -- The record that gives the account its id.
    givers as (
        select
            members.group_key,
            members.own_key as account_id,
            members.source_name,
            members.source_account_id,
            row_number() over (
                partition by members.group_key
                order by
                    case when members.method is null or members.method = 'manual' then 0 else 1 end,
                    members.source_rank,
                    case when members.method is null then 0 else 1 end,
                    members.source_account_id
            ) as place
        from members
        left join
            taken on members.own_key = taken.account_key and members.group_key <> taken.group_key
        where members.is_live and members.defines_accounts and taken.account_key is null
    ),

    -- One way in which each key was matched: the strongest, to the most authoritative record.
    ways as (
        select
            own_side.key,
            own_side.other_key,
            own_side.method,
            own_side.value,
            row_number() over (
                partition by own_side.key
                order by
                    case when own_side.method = 'foreign_id' then 0 else 1 end,
                    key_ranks.key_rank,
                    own_side.other_key,
                    own_side.value
            ) as place
        from
            (
                select account_key as key, other_key, method, value
                from matches
                union
                select other_key as key, account_key as other_key, method, value
                from matches
            ) as own_side
        inner join key_ranks on own_side.other_key = key_ranks.account_key
    ),

    final as (
        select
            members.source_name as source,
            members.source_account_id,
            givers.account_id,
            case
                when givers.account_id is null
                then 'unmatched'
                when members.method is not null
                then members.method
                when
                    givers.source_name = members.source_name
                    and givers.source_account_id = members.source_account_id
                then 'own'
                when givers.account_id = members.own_key
                then 'same_id'
                else coalesce(ways.method, 'manual')
            end as method,
            coalesce(members.method = 'manual', false) as is_manual,
            members.merged_into,
            case when members.method = 'manual' then members.linked_from end as valid_from,
            case
                when givers.account_id is null
                then null
                when members.method = 'manual'
                then {{ json_of({"account_links": "members.linked_to"}) }}
                when members.method = 'merged'
                then {{ json_of({"merged_into": "members.merged_into"}) }}
                when givers.account_id = members.own_key
                then null
                when ways.method = 'foreign_id'
                then {{ json_of({"foreign_id": "ways.value", "shared_with": "ways.other_key"}) }}
                when ways.method = 'domain'
                then {{ json_of({"domain": "ways.value", "shared_with": "ways.other_key"}) }}
            end as evidence,
            context.as_of as as_of_date,
            context.config_version
        from members
        cross join context
        left join givers on members.group_key = givers.group_key and givers.place = 1
        left join ways on members.account_key = ways.key and ways.place = 1
    )

select *
from final
order by source, source_account_id
