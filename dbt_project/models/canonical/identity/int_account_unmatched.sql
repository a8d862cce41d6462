-- Records that no rule matched, although a source that counts before theirs has accounts; with
-- accounts of nearly the same name, as a suggestion. Names are compared only in small blocks: with
-- the same first, last or all letters, where few accounts share them.
{{ config(schema="core") }}
with
    known as (
        select
            records.source_name,
            records.source_account_id,
            records.name,
            {{ comparable_name("records.name") }} as comparable_name,
            lower(trim(records.country)) as country,
            records.source_rank,
            records.defines_accounts,
            identities.account_id,
            identities.method,
            coalesce(identities.account_id, records.account_key) as whose
        from {{ ref("int_account_stand_in") }} as records
        inner join
            {{ ref("map_account_identity") }} as identities
            on records.source_name = identities.source
            and records.source_account_id = identities.source_account_id
        where records.is_live
    ),

    first_source as (select min(source_rank) as source_rank from known where defines_accounts),

    alone as (select whose from known group by whose having count(distinct source_name) = 1),

    unmatched as (
        select known.*
        from known
        left join alone on known.whose = alone.whose
        cross join first_source
        where
            known.source_rank > first_source.source_rank
            and (known.method = 'unmatched' or known.method = 'own' and alone.whose is not null)
    ),

    candidates as (
        select comparable_name, country, account_id, min(source_rank) as source_rank
        from known
        where account_id is not null and length(comparable_name) > 2
        group by comparable_name, country, account_id
    ),

    {% set blocks = [
        "'first ' || left(comparable_name, 6)",
        "'last ' || right(comparable_name, 6)",
        "'all ' || comparable_name",
    ] %}
    candidate_blocks as (
        {% for block in blocks -%}
            select {{ block }} as block, candidates.*
            from candidates {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    small_blocks as (select block from candidate_blocks group by block having count(*) <= 50),

    unmatched_blocks as (
        {% for block in blocks -%}
            select {{ block }} as block, unmatched.*
            from unmatched
            where length(comparable_name) > 2 {{ "union all" if not loop.last }}
        {% endfor %}
    ),

    pairs as (
        select distinct
            unmatched_blocks.source_name,
            unmatched_blocks.source_account_id,
            candidate_blocks.account_id,
            {{
                text_similarity(
                    "unmatched_blocks.comparable_name", "candidate_blocks.comparable_name"
                )
            }} as similarity
        from unmatched_blocks
        inner join small_blocks on unmatched_blocks.block = small_blocks.block
        inner join
            candidate_blocks
            on unmatched_blocks.block = candidate_blocks.block
            and unmatched_blocks.source_rank > candidate_blocks.source_rank
            and unmatched_blocks.whose <> candidate_blocks.account_id
            and coalesce(unmatched_blocks.country = candidate_blocks.country, true)
    ),

    likely as (
        select source_name, source_account_id, account_id, max(similarity) as similarity
        from pairs
        where similarity >= 0.95
        group by source_name, source_account_id, account_id
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by source_name, source_account_id order by similarity desc, account_id
            ) as place
        from likely
    ),

    suggestions as (
        select source_name, source_account_id, array_agg(account_id order by place) as account_ids
        from ranked
        where place <= 3
        group by source_name, source_account_id
    ),

    final as (
        select
            unmatched.source_name,
            unmatched.source_account_id,
            unmatched.name,
            unmatched.account_id,
            suggestions.account_ids as similar_account_ids
        from unmatched
        left join
            suggestions
            on unmatched.source_name = suggestions.source_name
            and unmatched.source_account_id = suggestions.source_account_id
    )

select *
from final
