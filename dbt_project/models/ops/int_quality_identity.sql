-- How many records of accounts wait in ops_identity_queue, by source and issue.
{{ config(schema="core") }}
with
    queue as (select * from {{ ref("ops_identity_queue") }}),

    volumes as (
        select source_name, records from {{ ref("staging_volume") }} where entity = 'accounts'
    ),

    final as (
        select
            'identity_' || queue.issue || ':accounts' as check_id,
            queue.source as source_name,
            'accounts' as entity,
            case
                when queue.issue in ('unmatched', 'possible_match') then 'info' else 'warning'
            end as severity,
            count(*) as rows_failed,
            max(volumes.records) as rows_total,
            {{ smallest("queue.source_account_id", 5) }} as sample,
            '{failed} of {total} records of accounts: ' || case
                queue.issue
                when 'conflict'
                then 'two rules give different accounts; the stronger one counts'
                when 'ambiguous'
                then 'a rule gives several accounts; none was taken'
                when 'merge_cycle'
                then 'merges go round in a circle; they are left out'
                when 'unknown_target'
                then 'merged into, or linked to, an account that is not there'
                when 'possible_match'
                then 'only the name matches an account of another source; nothing was matched'
                else 'nothing matches them to an account of a source named before'
            end
            || '. ops_identity_queue says of each what to do.' as message
        from queue
        left join volumes on queue.source = volumes.source_name
        group by queue.issue, queue.source
    )

select *
from final
order by check_id, source_name
