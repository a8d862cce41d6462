-- Signals that rules of playbooks ask about and that are too old to be believed.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    asked as (
        select distinct terms.signal
        from {{ ref("int_predicate_term") }} as terms
        inner join {{ ref("int_playbook_rule") }} as rules on terms.predicate = rules.predicate
        inner join context on {{ holds_on("rules", "holds_from", "holds_to", "context.as_of") }}
    ),

    known as (
        select
            spans.signal,
            count(*) as accounts,
            count(case when not spans.is_fresh then 1 end) as stale_accounts,
            {{ smallest("spans.account_id", 5, "not spans.is_fresh") }} as sample
        from {{ ref("int_account_signal_span") }} as spans
        inner join context on spans.day <= context.as_of and spans.next_day > context.as_of
        inner join asked on spans.signal = asked.signal
        group by spans.signal
    ),

    final as (
        select
            'playbook_input_stale:' || signal as check_id,
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            case when stale_accounts * 2 >= accounts then 'warning' else 'info' end as severity,
            stale_accounts as rows_failed,
            accounts as rows_total,
            sample,
            '{failed} of {total} accounts have too old data for the signal '
            || signal
            || ', or data counted anew for most at once: rules of playbooks that ask about it '
            || 'neither fire nor end for them. Look after the source that it comes from.' as message
        from known
        where stale_accounts > 0
    )

select *
from final
order by check_id
