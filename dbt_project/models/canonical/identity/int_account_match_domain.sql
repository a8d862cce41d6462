-- Records that are one account by their internet domain, where it tells accounts apart: each row
-- says of an account key which other one its domain points to. Free-mail domains were left out
-- before; so is a domain that several accounts of one source have.
{{ config(schema="core") }}
with recursive
    known as (
        select * from {{ ref("int_account_stand_in") }} where account_key is not null and is_live
    ),

    foreign_edges as (
        select distinct account_key as one_key, other_key
        from {{ ref("int_account_match_foreign_id") }}
        where is_accepted
    ),

    key_ranks as (select account_key, min(source_rank) as key_rank from known group by account_key),

    stronger as (
        select
            case when other.key_rank < one.key_rank then one_key else other_key end as lower_key,
            case when other.key_rank < one.key_rank then other_key else one_key end as upper_key
        from foreign_edges
        inner join key_ranks as one on foreign_edges.one_key = one.account_key
        inner join key_ranks as other on foreign_edges.other_key = other.account_key
    ),

    {{ grouped_by("stronger", "stronger_") }},

    -- What a stronger rule leaves in doubt, a weaker one does not settle.
    doubtful as (
        select
            case
                when other.key_rank < own.key_rank then own.account_key else other.account_key
            end as account_key
        from {{ ref("int_account_match_foreign_id") }} as matches
        inner join key_ranks as own on matches.account_key = own.account_key
        inner join key_ranks as other on matches.other_key = other.account_key
        where
            not matches.is_accepted and not matches.is_overridden and own.key_rank <> other.key_rank
        union
        select account_key
        from known
        where is_in_doubt
    ),

    unsettled as (
        select doubtful.account_key
        from doubtful
        left join stronger_grouped on doubtful.account_key = stronger_grouped.key
        where stronger_grouped.key is null
    ),

    members as (
        select
            known.domain,
            known.source_rank,
            known.defines_accounts,
            known.account_key,
            known.method = 'manual' as is_manual,
            coalesce(stronger_grouped.group_key, known.account_key) as group_key
        from known
        left join stronger_grouped on known.account_key = stronger_grouped.key
    ),

    group_ranks as (
        select
            group_key, min(source_rank) as group_rank, bool_or(defines_accounts) as defines_accounts
        from members
        group by group_key
    ),

    ranked as (
        select
            members.domain,
            members.account_key,
            members.group_key,
            group_ranks.group_rank,
            members.source_rank,
            group_ranks.defines_accounts as group_defines,
            members.defines_accounts,
            coalesce(members.is_manual, false) as is_manual,
            min(group_ranks.group_rank) over (partition by members.domain) as best_rank
        from members
        inner join group_ranks on members.group_key = group_ranks.group_key
        where members.domain is not null
    ),

    -- What was linked by hand is not drawn elsewhere by its domain.
    free as (select * from ranked where not is_manual or group_rank = best_rank),

    holders as (
        select domain, group_key, source_rank, defines_accounts
        from free
        union
        select domain, group_key, group_rank as source_rank, group_defines as defines_accounts
        from free
    ),

    shared as (
        select domain, source_rank, bool_or(defines_accounts) as defines_accounts
        from holders
        group by domain, source_rank
        having count(distinct group_key) > 1
    ),

    -- A domain that several accounts of a source have tells nothing; if only a source that does
    -- not define accounts has it twice, it tells nothing about that source's records.
    telling as (
        select free.*
        from free
        left join
            (select distinct domain from shared where defines_accounts) as blurred
            on free.domain = blurred.domain
        left join shared on free.domain = shared.domain and free.group_rank = shared.source_rank
        where blurred.domain is null and shared.domain is null
    ),

    topped as (
        select
            telling.*,
            first_value(group_key) over (
                partition by domain order by group_rank, account_key
            ) as top_group_key,
            first_value(account_key) over (
                partition by domain order by group_rank, account_key
            ) as top_key,
            min(group_rank) over (partition by domain) as top_rank
        from telling
    ),

    candidates as (
        select distinct
            topped.domain,
            topped.account_key,
            topped.top_key,
            topped.group_key,
            topped.group_rank,
            topped.top_group_key,
            topped.top_rank
        from topped
        left join unsettled on topped.group_key = unsettled.account_key
        where topped.group_key <> topped.top_group_key and unsettled.account_key is null
    ),

    drawn as (
        select distinct
            group_key as lower_key,
            group_rank as lower_rank,
            top_group_key as upper_key,
            top_rank as upper_rank
        from candidates
    ),

    -- A domain never makes one account of two that a source defines; a record that was linked by
    -- hand is no account of its own.
    defined as (
        select distinct group_key, source_rank
        from members
        where defines_accounts and not coalesce(is_manual, false)
    ),

    meetings as (
        select drawn.upper_key, defined.source_rank, drawn.lower_key as met_key
        from drawn
        inner join defined on drawn.lower_key = defined.group_key
        union
        select drawn.upper_key, defined.source_rank, drawn.upper_key as met_key
        from drawn
        inner join defined on drawn.upper_key = defined.group_key
    ),

    collisions as (
        select upper_key, source_rank
        from meetings
        group by upper_key, source_rank
        having count(*) > 1
    ),

    edges as (
        select drawn.*
        from drawn
        left join
            (
                select distinct collisions.upper_key, meetings.met_key
                from collisions
                inner join
                    meetings
                    on collisions.upper_key = meetings.upper_key
                    and collisions.source_rank = meetings.source_rank
            ) as colliding
            on drawn.upper_key = colliding.upper_key
            and drawn.lower_key = colliding.met_key
        where colliding.met_key is null
    ),

    {{ accepted_from("edges") }},

    final as (
        select
            candidates.account_key,
            candidates.domain,
            candidates.top_key as other_key,
            accepted.lower_key is not null as is_accepted
        from candidates
        left join
            accepted
            on candidates.group_key = accepted.lower_key
            and candidates.top_group_key = accepted.upper_key
    )

select *
from final
