-- One row a record of an account that a source has, or that a merge or a link by hand speaks of.
{{ config(schema="core") }}
with
    sources as ({{ ranked_sources() }}),

    ranked as (
        select
            source_name,
            account_id as source_account_id,
            name,
            {{ domain_of("domain") }} as domain,
            country,
            row_number() over (
                partition by source_name, account_id order by name, domain, country
            ) as place
        from {{ ref("staged_accounts") }} as staged
        where quarantine_reason is null
    ),

    live as (select * from ranked where place = 1),

    spoken_of as (
        select source_name, source_account_id
        from {{ ref("staged_account_claims") }}
        where claim = 'merged_into'
        union
        select source_name, source_account_id
        from {{ ref("int_account_link") }}
    ),

    records as (
        select source_name, source_account_id, true as is_live, name, domain, country
        from live
        union all
        select
            spoken_of.source_name,
            spoken_of.source_account_id,
            false as is_live,
            cast(null as varchar) as name,
            cast(null as varchar) as domain,
            cast(null as varchar) as country
        from spoken_of
        left join
            live
            on spoken_of.source_name = live.source_name
            and spoken_of.source_account_id = live.source_account_id
        where live.source_account_id is null
    ),

    written as (
        select
            records.*,
            {{ written_id("records.source_account_id", "records.source_name", "sources.kind") }}
            as written_id,
            coalesce(sources.defines_accounts, false) as defines_accounts,
            coalesce(sources.source_rank, 1000000) as source_rank
        from records
        left join sources on records.source_name = sources.source_name
    ),

    long_ids as (
        select left(written_id, 15) as short_id, min(written_id) as long_id
        from written
        where {{ is_long_id("written_id") }}
        group by left(written_id, 15)
        having count(distinct written_id) = 1
    ),

    final as (
        select
            written.source_name,
            written.source_account_id,
            written.written_id,
            coalesce(long_ids.long_id, written.written_id) as own_key,
            written.is_live,
            written.defines_accounts,
            written.source_rank,
            written.name,
            case
                when written.domain not in ({{ free_mail_domains() }}, {{ hosting_domains() }})
                then written.domain
            end as domain,
            written.country
        from written
        left join
            long_ids
            on {{ is_short_id("written.written_id") }}
            and written.written_id = long_ids.short_id
    )

select *
from final
