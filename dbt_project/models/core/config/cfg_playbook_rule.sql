-- The rules that watch accounts, by coverage model, and whether anything connected feeds them.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    rules as (select * from {{ ref("int_playbook_rule") }}),

    known as (select distinct signal from {{ ref("int_account_signal_span") }}),

    terms as (
        select terms.predicate, terms.alternative, terms.signal, known.signal is null as is_missing
        from {{ ref("int_predicate_term") }} as terms
        left join known on terms.signal = known.signal
    ),

    inputs as (
        select predicate, signal, bool_or(is_missing) as is_missing
        from terms
        group by predicate, signal
    ),

    listed as (
        select
            predicate,
            {{ list_in_order("signal", "signal") }} as signals,
            coalesce({{ list_in_order("signal", "signal", "is_missing") }}, []) as missing_inputs
        from inputs
        group by predicate
    ),

    evaluable as (
        select predicate, bool_or(not is_missing) as is_evaluable
        from
            (
                select predicate, alternative, bool_or(is_missing) as is_missing
                from terms
                group by predicate, alternative
            ) as alternatives
        group by predicate
    ),

    final as (
        select
            rules.holds_from,
            rules.holds_to,
            rules.effective_from,
            rules.rule_id,
            rules.rule_version,
            rules.predicate,
            rules.severity,
            rules.playbook_id,
            rules.functions,
            rules.cooldown_d,
            listed.signals,
            listed.missing_inputs,
            evaluable.is_evaluable,
            context.as_of as as_of_date,
            context.config_version
        from rules
        cross join context
        inner join listed on rules.predicate = listed.predicate
        inner join evaluable on rules.predicate = evaluable.predicate
    )

select *
from final
order by holds_from, rule_id
