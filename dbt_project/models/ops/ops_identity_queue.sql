-- What a person must decide about who is who. Nothing here was guessed: a match that is not
-- beyond doubt was not made. A decision is a row of account_links.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    known as (
        select
            records.*,
            identities.account_id,
            identities.method as matched_by,
            coalesce(identities.account_id, records.account_key) as whose
        from {{ ref("int_account_stand_in") }} as records
        left join
            {{ ref("map_account_identity") }} as identities
            on records.source_name = identities.source
            and records.source_account_id = identities.source_account_id
    ),

    whose_key as (
        select account_key, min(whose) as whose
        from known
        where account_key is not null
        group by account_key
    ),

    defects as (
        select
            case
                when defect in ('link_to_several', 'merged_into_several')
                then 'ambiguous'
                when defect = 'merged_in_a_circle'
                then 'merge_cycle'
                else 'unknown_target'
            end as issue,
            case when starts_with(defect, 'link') then 'manual' else 'merged' end as rule,
            source_name,
            source_account_id,
            cast([] as varchar[]) as candidate_account_ids,
            case
                when defect = 'link_to_unknown'
                then 'account_links says that it is ' || linked_to || ', which no source has.'
                when defect = 'link_to_several'
                then
                    'account_links says that it is '
                    || linked_to
                    || ', and several sources have another account of that id.'
                when defect = 'merged_into_several'
                then 'Its source says that it was merged into more than one record.'
                when defect = 'merged_in_a_circle'
                then 'Its source says that it was merged into a record that was merged into it.'
                else 'Its source says that it was merged into a record that is not there.'
            end as reason
        from known
        where defect is not null and (is_live or starts_with(defect, 'link'))
    ),

    foreign_ids as (
        select
            matches.source_name,
            matches.source_account_id,
            matches.foreign_id,
            known.matched_by,
            whose_key.whose as other_account_id
        from {{ ref("int_account_match_foreign_id") }} as matches
        inner join
            known
            on matches.source_name = known.source_name
            and matches.source_account_id = known.source_account_id
        inner join whose_key on matches.other_key = whose_key.account_key
        where known.whose <> whose_key.whose
    ),

    by_foreign_id as (
        select
            case
                when matched_by in ('own', 'unmatched') then 'ambiguous' else 'conflict'
            end as issue,
            'foreign_id' as rule,
            source_name,
            source_account_id,
            {{ smallest("distinct other_account_id", 5) }} as candidate_account_ids,
            'It carries the id '
            || min(foreign_id)
            || case
                when matched_by = 'manual'
                then ' of another account than the one that account_links names.'
                when matched_by in ('own', 'unmatched')
                then ', which does not lead to one account alone.'
                else ' of another account than the one that a stronger rule gives.'
            end as reason
        from foreign_ids
        group by source_name, source_account_id, matched_by
    ),

    domains as (
        select
            known.*,
            count(*) over better as better_records,
            count(*) over better_own as better_own_records
        from known
        where is_live and domain is not null
        window
            better as (
                partition by domain
                order by source_rank
                range between unbounded preceding and 1 preceding
            ),
            better_own as (
                partition by domain, whose
                order by source_rank
                range between unbounded preceding and 1 preceding
            )
    ),

    domain_accounts as (
        select domain, {{ smallest("distinct whose", 6) }} as account_ids
        from domains
        group by domain
    ),

    by_domain as (
        select
            case
                when domains.matched_by in ('own', 'unmatched') then 'ambiguous' else 'conflict'
            end as issue,
            'domain' as rule,
            domains.source_name,
            domains.source_account_id,
            {{ list_without("domain_accounts.account_ids", "[domains.whose]") }}
            as candidate_account_ids,
            'Its domain '
            || domains.domain
            || case
                when domains.matched_by in ('own', 'unmatched')
                then ' is that of several accounts, or of an account that another rule rules out.'
                else ' is that of another account than the one that a stronger rule gives.'
            end as reason
        from domains
        inner join domain_accounts on domains.domain = domain_accounts.domain
        where domains.better_records > 0 and domains.better_own_records = 0
    ),

    doubtful as (
        select *
        from defects
        union all
        select *
        from by_foreign_id
        union all
        select *
        from by_domain
    ),

    unmatched as (
        select
            case
                when records.similar_account_ids is null then 'unmatched' else 'possible_match'
            end as issue,
            'name' as rule,
            records.source_name,
            records.source_account_id,
            coalesce(records.similar_account_ids, cast([] as varchar[])) as candidate_account_ids,
            case
                when records.similar_account_ids is not null
                then 'No id and no domain matches it, but the name is nearly that of an account.'
                when records.account_id is null
                then
                    'No account matches it, and its source defines none: what belongs to it counts '
                    || 'nowhere.'
                else
                    'No id, domain or name matches it to an account of a source named before: it is '
                    || 'an account of its own.'
            end as reason
        from {{ ref("int_account_unmatched") }} as records
        left join
            (select distinct source_name, source_account_id from doubtful) as already
            on records.source_name = already.source_name
            and records.source_account_id = already.source_account_id
        where already.source_name is null
    ),

    queued as (
        select *
        from doubtful
        union all
        select *
        from unmatched
    ),

    final as (
        select
            queued.issue,
            queued.rule,
            queued.source_name as source,
            queued.source_account_id,
            known.name,
            known.account_id,
            queued.candidate_account_ids,
            queued.reason,
            case
                when queued.issue = 'merge_cycle' or queued.rule = 'merged'
                then
                    'Correct the merge in '
                    || queued.source_name
                    || ', or say in account_links which '
                    || 'account it is.'
                when queued.rule = 'manual'
                then
                    'Correct account_id in account_links: write the canonical id, as in dim_account.'
                when queued.issue = 'conflict'
                then
                    'Correct the '
                    || queued.rule
                    || ' in the source that has it wrong. A row of '
                    || 'account_links overrides both.'
                else
                    'If it is an account of another source, add a row to account_links: account_id '
                    || coalesce({{ first_of("queued.candidate_account_ids") }}, '...')
                    || ', source '
                    || queued.source_name
                    || ', source_account_id '
                    || queued.source_account_id
                    || '.'
            end as action,
            context.as_of as as_of_date,
            context.config_version
        from queued
        cross join context
        left join
            known
            on queued.source_name = known.source_name
            and queued.source_account_id = known.source_account_id
    )

select *
from final
order by issue, source, source_account_id, rule
