-- Every id by which a record of any source names an account, and the account that it means: the
-- source's own record of that id; else, as spreadsheets name accounts of a CRM, an account of
-- that id or the one record of any source that has it. An id that means none stays as it is
-- written.
{{ config(schema="core") }}
with
    sources as (select source_name, kind from {{ source("meta", "source") }}),

    identities as (
        select source, source_account_id, account_id from {{ ref("map_account_identity") }}
    ),

    mentioned as (
        {% for entity in entities_of_accounts() -%}
            select source_name, account_id as reference
            from {{ ref("staged_" ~ entity) }}
            union
        {% endfor -%}
        select source_name, account_id as reference
        from {{ ref("staged_accounts_versions") }}
        union
        select source_name, parent_account_id as reference
        from {{ ref("staged_accounts_versions") }}
        union
        select source_name, parent_account_id as reference
        from {{ ref("staged_accounts") }}
    ),

    own as (
        select
            mentioned.source_name,
            mentioned.reference,
            {{ written_id("mentioned.reference", "mentioned.source_name", "sources.kind") }}
            as written_id,
            identities.account_id,
            identities.source is not null as is_own
        from mentioned
        left join sources on mentioned.source_name = sources.source_name
        left join
            identities
            on mentioned.source_name = identities.source
            and mentioned.reference = identities.source_account_id
        where mentioned.reference is not null
    ),

    foreign_texts as (select distinct written_id as value from own where not is_own),

    named as ({{ records_named("foreign_texts") }}),

    exact as (
        select
            named.value,
            identities.account_id,
            rank() over (partition by named.value order by named.precedence) as precision_rank
        from named
        inner join
            identities
            on named.source_name = identities.source
            and named.source_account_id = identities.source_account_id
        where identities.account_id is not null
    ),

    meant as (
        select value, min(account_id) as account_id
        from exact
        where precision_rank = 1
        group by value
        having count(distinct account_id) = 1
    ),

    final as (
        select
            own.source_name,
            own.reference,
            coalesce(own.account_id, meant.account_id, own.written_id) as account_id
        from own
        left join meant on not own.is_own and own.written_id = meant.value
    )

select *
from final
