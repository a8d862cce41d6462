-- The days on which each condition holds for each account: from a day on which it is known to be
-- true until one on which it is known not to be. A term whose signal is not fresh is neither.
{{ config(schema="core") }}
with
    context as (
        select {{ add_days("as_of", 1) }} as day_after from {{ source("meta", "context") }}
    ),

    -- Numbers sort faster than text. That of a term says its alternative too, and that of an
    -- alternative its predicate.
    terms as (
        select
            *,
            cast(dense_rank() over (order by predicate) as integer) as predicate_number,
            cast(
                dense_rank() over (order by predicate, alternative) as integer
            ) as alternative_number,
            cast(
                row_number() over (order by predicate, alternative, term) as integer
            ) as term_number
        from {{ ref("int_predicate_term") }}
    ),

    predicates as (select distinct predicate_number, predicate from terms),

    spans as (
        select *, {{ days_between("day", "next_day") }} as days
        from {{ ref("int_account_signal_span") }}
    ),

    -- Where a number counts on, its comparison turns at most twice: where it reaches the value, and
    -- a day later.
    asked as (
        select
            spans.*,
            terms.alternative_number,
            terms.term_number,
            terms.operator,
            terms.value as wanted,
            terms.accepted_values,
            terms.for_days,
            case
                when spans.step <> 0 and spans.is_fresh
                then
                    least(
                        greatest((cast(terms.value as double) - spans.number) / spans.step, -1),
                        spans.days
                    )
            end as reached_after
        from spans
        inner join terms on spans.signal = terms.signal
    ),

    cut as (
        select
            asked.*,
            parts.part,
            cast(
                case
                    parts.part
                    when 1
                    then 0
                    when 2
                    then greatest(ceil(asked.reached_after), 0)
                    else least(greatest(floor(asked.reached_after) + 1, 0), asked.days)
                end as integer
            ) as days_in,
            cast(
                case
                    when asked.reached_after is null or parts.part = 3
                    then asked.days
                    when parts.part = 1
                    then greatest(ceil(asked.reached_after), 0)
                    else least(greatest(floor(asked.reached_after) + 1, 0), asked.days)
                end as integer
            ) as days_to
        from asked
        inner join
            (values (1), (2), (3)) as parts(part)
            on parts.part = 1
            or asked.reached_after is not null
    ),

    pieces as (
        select
            account_id,
            alternative_number,
            term_number,
            for_days,
            operator,
            wanted,
            accepted_values,
            value,
            is_fresh,
            number + step * days_in as number,
            {{ add_days("day", "days_in") }} as day,
            {{ add_days("day", "days_to") }} as next_day
        from cut
        where days_in < days_to
    ),

    said as (
        select
            account_id,
            alternative_number,
            term_number,
            for_days,
            day,
            next_day,
            not is_fresh as is_unknown,
            coalesce(
                case
                    operator
                    when ''
                    then lower(value) = 'true'
                    when 'is null'
                    then value is null
                    when 'is not null'
                    then value is not null
                    when 'in'
                    then {{ list_has("accepted_values", "value") }}
                    when '=='
                    then coalesce(number = try_cast(wanted as double), value = wanted)
                    when '!='
                    then coalesce(number <> try_cast(wanted as double), value <> wanted)
                    when '<'
                    then number < cast(wanted as double)
                    when '<='
                    then number <= cast(wanted as double)
                    when '>'
                    then number > cast(wanted as double)
                    when '>='
                    then number >= cast(wanted as double)
                end,
                false
            ) as is_true
        from pieces
    ),

    possible as (
        select account_id, alternative_number, term_number, for_days, day, next_day, is_unknown
        from said
        where is_unknown or is_true
    ),

    -- Only for a term that must hold for days does it matter since when it does.
    lasting as (
        select
            *, lag(next_day) over (partition by account_id, term_number order by day) as day_before
        from possible
        where for_days > 1
    ),

    -- A stretch without a day on which the term is known not to hold.
    stretches as (
        select
            *,
            count(case when day_before = day then null else 1 end) over (
                partition by account_id, term_number
                order by day
                rows between unbounded preceding and current row
            ) as stretch
        from lasting
    ),

    begun as (
        select
            *,
            min(case when not is_unknown then day end) over (
                partition by account_id, term_number, stretch
            ) as true_from
        from stretches
    ),

    -- A term "for 28 days" turns true on the 28th.
    settled as (
        select account_id, alternative_number, is_unknown, day, next_day
        from possible
        where for_days <= 1
        union all
        select
            account_id,
            alternative_number,
            is_unknown,
            case
                when is_unknown
                then day
                else greatest(day, {{ add_days("true_from", "for_days - 1") }})
            end as day,
            next_day
        from begun
    ),

    term_events as (
        select
            account_id,
            alternative_number,
            day,
            case when is_unknown then 0 else 1 end as true_terms,
            1 as possible_terms
        from settled
        where day < next_day
        union all
        select
            account_id,
            alternative_number,
            next_day as day,
            case when is_unknown then 0 else -1 end as true_terms,
            -1 as possible_terms
        from settled
        where day < next_day
    ),

    terms_needed as (
        select predicate_number, alternative_number, count(*) as terms
        from terms
        group by predicate_number, alternative_number
    ),

    term_counts as (
        select
            account_id,
            alternative_number,
            day,
            lead(day) over told as next_day,
            sum(true_terms) over told as true_terms,
            sum(possible_terms) over told as possible_terms
        from
            (
                select
                    account_id,
                    alternative_number,
                    day,
                    sum(true_terms) as true_terms,
                    sum(possible_terms) as possible_terms
                from term_events
                group by account_id, alternative_number, day
            ) as daily
        window told as (partition by account_id, alternative_number order by day)
    ),

    alternatives as (
        select
            term_counts.account_id,
            terms_needed.predicate_number,
            term_counts.day,
            term_counts.next_day,
            case when term_counts.true_terms = terms_needed.terms then 1 else 0 end as is_true
        from term_counts
        inner join
            terms_needed
            on term_counts.alternative_number = terms_needed.alternative_number
            and term_counts.possible_terms = terms_needed.terms
    ),

    alternative_events as (
        select account_id, predicate_number, day, is_true, 1 as is_possible
        from alternatives
        union all
        select account_id, predicate_number, next_day as day, - is_true, -1 as is_possible
        from alternatives
    ),

    states as (
        select
            account_id,
            predicate_number,
            day,
            lead(day) over told as next_day,
            sum(is_true) over told > 0 as is_true,
            sum(is_possible) over told > 0 as is_possible
        from
            (
                select
                    account_id,
                    predicate_number,
                    day,
                    sum(is_true) as is_true,
                    sum(is_possible) as is_possible
                from alternative_events
                group by account_id, predicate_number, day
            ) as daily
        window told as (partition by account_id, predicate_number order by day)
    ),

    -- The running counts end at nothing, which parts one time from the next.
    parted as (
        select
            *,
            count(case when is_possible then null else 1 end) over (
                partition by account_id, predicate_number
                order by day
                rows between unbounded preceding and current row
            ) as time_number
        from states
    ),

    times as (
        select
            account_id,
            predicate_number,
            min(case when is_true then day end) as holds_from,
            max(next_day) as holds_to
        from parted
        where is_possible
        group by account_id, predicate_number, time_number
    ),

    final as (
        select
            times.account_id,
            predicates.predicate,
            times.holds_from,
            case when times.holds_to < context.day_after then times.holds_to end as holds_to
        from times
        inner join predicates on times.predicate_number = predicates.predicate_number
        cross join context
        where times.holds_from is not null
    )

select *
from final
