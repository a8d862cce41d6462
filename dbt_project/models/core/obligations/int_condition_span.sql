-- The days on which the condition of each conditional standard holds for each account. What a
-- signal says holds until it says something else.
{{ config(schema="core") }}
with
    terms as (select * from {{ ref("int_predicate_term") }}),

    signals as (
        select
            account_id,
            signal,
            day,
            value,
            lead(day) over (partition by account_id, signal order by day) as next_day
        from {{ ref("int_account_signal_day") }}
    ),

    said as (
        select
            signals.account_id,
            terms.standard_number,
            terms.alternative,
            terms.term,
            terms.for_days,
            signals.day,
            signals.next_day,
            coalesce(
                case
                    terms.operator
                    when ''
                    then lower(signals.value) = 'true'
                    when 'is null'
                    then signals.value is null
                    when 'is not null'
                    then signals.value is not null
                    when 'in'
                    then {{ list_has("terms.accepted_values", "signals.value") }}
                    when '=='
                    then
                        coalesce(
                            try_cast(signals.value as double) = try_cast(terms.value as double),
                            signals.value = terms.value
                        )
                    when '!='
                    then
                        coalesce(
                            try_cast(signals.value as double) <> try_cast(terms.value as double),
                            signals.value <> terms.value
                        )
                    when '<'
                    then try_cast(signals.value as double) < cast(terms.value as double)
                    when '<='
                    then try_cast(signals.value as double) <= cast(terms.value as double)
                    when '>'
                    then try_cast(signals.value as double) > cast(terms.value as double)
                    when '>='
                    then try_cast(signals.value as double) >= cast(terms.value as double)
                end,
                false
            ) as is_true
        from signals
        inner join terms on signals.signal = terms.signal
    ),

    turns as (
        select
            *,
            row_number() over (
                partition by account_id, standard_number, alternative, term
                order by day
            ) - row_number() over (
                partition by account_id, standard_number, alternative, term, is_true order by day
            ) as island
        from said
    ),

    -- A term "for 28 days" turns true on the 28th.
    true_terms as (
        select
            account_id,
            standard_number,
            alternative,
            term,
            {{ add_days("min(day)", "max(for_days) - 1") }} as true_from,
            max(coalesce(next_day, date '9999-12-31')) as true_to
        from turns
        where is_true
        group by account_id, standard_number, alternative, term, island
    ),

    edges as (
        select account_id, standard_number, true_from as day
        from true_terms
        where true_from < true_to
        union
        select account_id, standard_number, true_to as day
        from true_terms
        where true_from < true_to
    ),

    pieces as (
        select *, lead(day) over (partition by account_id, standard_number order by day) as day_to
        from edges
    ),

    terms_needed as (
        select standard_number, alternative, count(*) as terms
        from terms
        group by standard_number, alternative
    ),

    alternatives as (
        select
            pieces.account_id,
            pieces.standard_number,
            pieces.day,
            pieces.day_to,
            true_terms.alternative,
            count(*) as terms
        from pieces
        inner join
            true_terms
            on pieces.account_id = true_terms.account_id
            and pieces.standard_number = true_terms.standard_number
            and true_terms.true_from <= pieces.day
            and pieces.day < true_terms.true_to
        group by
            pieces.account_id,
            pieces.standard_number,
            pieces.day,
            pieces.day_to,
            true_terms.alternative
    ),

    true_pieces as (
        select distinct
            alternatives.account_id,
            alternatives.standard_number,
            alternatives.day,
            alternatives.day_to
        from alternatives
        inner join
            terms_needed
            on alternatives.standard_number = terms_needed.standard_number
            and alternatives.alternative = terms_needed.alternative
            and alternatives.terms = terms_needed.terms
    ),

    final as (
        select
            account_id,
            standard_number,
            day as holds_from,
            nullif(day_to, date '9999-12-31') as holds_to
        from true_pieces
    )

select *
from final
order by account_id, standard_number, holds_from
