-- What stands for each record: another one where a link by hand or a merge says so (chains are
-- followed to their end), else the record itself. A link beats a merge.
{{ config(schema="core") }}
with recursive
    records as (select * from {{ ref("int_account_record") }}),

    links as (select * from {{ ref("int_account_link") }}),

    linked_texts as (select distinct linked_to as value from links),

    named as ({{ records_named("linked_texts") }}),

    exact as (
        select
            named.value,
            named.source_name,
            named.source_account_id,
            records.own_key,
            records.is_live,
            records.source_rank,
            rank() over (partition by named.value order by named.precedence) as precision_rank
        from named
        inner join
            records
            on named.source_name = records.source_name
            and named.source_account_id = records.source_account_id
    ),

    accounts_named as (
        select value, count(distinct own_key) as accounts
        from exact
        where precision_rank = 1
        group by value
    ),

    -- Of several records with the same id, one that no link moves elsewhere.
    targets as (
        select
            exact.value,
            exact.source_name,
            exact.source_account_id,
            row_number() over (
                partition by exact.value
                order by
                    case when exact.is_live then 0 else 1 end,
                    case when moved.source_name is null then 0 else 1 end,
                    exact.source_rank,
                    exact.source_account_id
            ) as place
        from exact
        inner join accounts_named on exact.value = accounts_named.value
        left join
            links as moved
            on exact.source_name = moved.source_name
            and exact.source_account_id = moved.source_account_id
        where exact.precision_rank = 1 and accounts_named.accounts = 1
    ),

    linked as (
        select
            links.source_name,
            links.source_account_id,
            links.linked_to,
            links.valid_from,
            coalesce(accounts_named.accounts, 0) as accounts_named,
            targets.source_name as next_source_name,
            targets.source_account_id as next_source_account_id
        from links
        left join accounts_named on links.linked_to = accounts_named.value
        left join targets on links.linked_to = targets.value and targets.place = 1
    ),

    merged as (
        select source_name, source_account_id, value as merged_into
        from {{ ref("staged_account_claims") }}
        where claim = 'merged_into' and value <> source_account_id
    ),

    pointers as (
        select
            source_name,
            source_account_id,
            'manual' as method,
            next_source_name,
            next_source_account_id
        from linked
        where next_source_account_id is not null
        union all
        select
            merged.source_name,
            merged.source_account_id,
            'merged' as method,
            merged.source_name as next_source_name,
            merged.merged_into as next_source_account_id
        from merged
        left join
            linked
            on merged.source_name = linked.source_name
            and merged.source_account_id = linked.source_account_id
            and linked.next_source_account_id is not null
        where linked.source_account_id is null
    ),

    steps as (
        select *
        from pointers
        where source_name <> next_source_name or source_account_id <> next_source_account_id
    ),

    -- Distinct rows end this even where a chain goes round in a circle.
    chains as (
        select source_name, source_account_id, next_source_name, next_source_account_id
        from steps
        union
        select
            chains.source_name,
            chains.source_account_id,
            steps.next_source_name,
            steps.next_source_account_id
        from chains
        inner join
            steps
            on chains.next_source_name = steps.source_name
            and chains.next_source_account_id = steps.source_account_id
    ),

    ends as (
        select
            chains.source_name,
            chains.source_account_id,
            count(*) filter (where steps.source_account_id is null) as ends,
            min(chains.next_source_name) filter (
                where steps.source_account_id is null
            ) as end_source_name,
            min(chains.next_source_account_id) filter (
                where steps.source_account_id is null
            ) as end_source_account_id
        from chains
        left join
            (select distinct source_name, source_account_id from steps) as steps
            on chains.next_source_name = steps.source_name
            and chains.next_source_account_id = steps.source_account_id
        group by chains.source_name, chains.source_account_id
    ),

    methods as (
        select source_name, source_account_id, min(method) as method
        from pointers
        group by source_name, source_account_id
    ),

    judged as (
        select
            records.source_name,
            records.source_account_id,
            records.is_live,
            records.defines_accounts,
            records.source_rank,
            records.name,
            records.domain,
            records.country,
            records.own_key,
            case
                when ends.source_account_id is null
                then case when records.is_live then records.own_key end
                when ends.ends = 1 and end_records.is_live
                then end_records.own_key
                when records.is_live
                then records.own_key
            end as account_key,
            case
                when methods.method = 'manual' and ends.source_account_id is null
                then 'manual'
                when ends.ends = 1 and end_records.is_live
                then methods.method
            end as method,
            linked.linked_to,
            linked.valid_from as linked_from,
            case
                when methods.method = 'merged' and ends.ends = 1 and end_records.is_live
                then ends.end_source_account_id
            end as merged_into,
            case
                when linked.source_account_id is not null and linked.accounts_named = 0
                then 'link_to_unknown'
                when linked.source_account_id is not null and linked.accounts_named > 1
                then 'link_to_several'
                when ends.ends = 0
                then 'merged_in_a_circle'
                when ends.ends > 1
                then 'merged_into_several'
                when ends.ends = 1 and not coalesce(end_records.is_live, false)
                then 'merged_into_unknown'
            end as defect
        from records
        left join
            linked
            on records.source_name = linked.source_name
            and records.source_account_id = linked.source_account_id
        left join
            methods
            on records.source_name = methods.source_name
            and records.source_account_id = methods.source_account_id
        left join
            ends
            on records.source_name = ends.source_name
            and records.source_account_id = ends.source_account_id
        left join
            records as end_records
            on ends.end_source_name = end_records.source_name
            and ends.end_source_account_id = end_records.source_account_id
    ),

    final as (
        select
            *,
            coalesce(
                defect in ('link_to_several', 'link_to_unknown', 'merged_into_several'), false
            ) as is_in_doubt
        from judged
    )

select *
from final
