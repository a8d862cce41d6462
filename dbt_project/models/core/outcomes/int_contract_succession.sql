-- What succeeds each term of a contract: the contracts that name it, else one that is found by
-- account and date, else the next term of its own. A contract that replaces several is divided
-- among them.
{{ config(schema="core") }}
with recursive
    terms as (
        select * from {{ ref("int_contract_term") }} where coalesce(starts_on <= ends_on, true)
    ),

    contracts as (select * from terms where term_number = 1),

    models as (
        select holds_from, holds_to, late_grace_d, late_max_d, overlap_d from {{ ref("cfg_model") }}
    ),

    said as (
        select
            contract_id, starts_on, {{ rows_of(parts_of("predecessor_contract_id")) }} as named_id
        from contracts
        where predecessor_contract_id is not null
    ),

    -- A name that no contract has, or one that begins no earlier, names nobody.
    named as (
        select distinct
            contracts.contract_id as signed_contract_id, said.contract_id as successor_contract_id
        from said
        inner join
            contracts
            on trim(said.named_id) = contracts.contract_id
            and said.starts_on > contracts.starts_on
    ),

    unnamed as (
        select contracts.*
        from contracts
        left join
            (select distinct signed_contract_id from named) as renewed
            on contracts.contract_id = renewed.signed_contract_id
        where renewed.signed_contract_id is null
    ),

    unnaming as (
        select contracts.*
        from contracts
        left join
            (select distinct successor_contract_id from named) as naming
            on contracts.contract_id = naming.successor_contract_id
        where naming.successor_contract_id is null
    ),

    candidates as (
        select
            terms.account_id,
            terms.signed_contract_id,
            successors.contract_id as successor_contract_id,
            successors.starts_on,
            terms.term_number,
            abs({{ days_between("terms.scheduled_on", "successors.starts_on") }}) as distance
        from terms
        inner join unnamed on terms.signed_contract_id = unnamed.contract_id
        inner join
            models
            on terms.ends_on >= models.holds_from
            and coalesce(terms.ends_on < models.holds_to, true)
        inner join
            unnaming as successors
            on terms.account_id = successors.account_id
            and terms.signed_contract_id <> successors.contract_id
            and terms.starts_on < successors.starts_on
            and successors.starts_on
            between {{ add_days("terms.ends_on", "- models.overlap_d") }}
            and {{ add_days("terms.ends_on", "models.late_max_d") }}
        where coalesce(terms.product = successors.product, true)
    ),

    pairs as (
        select
            *,
            row_number() over (
                partition by account_id
                order by distance, starts_on, signed_contract_id, successor_contract_id
            ) as place
        from
            (
                select
                    *,
                    row_number() over (
                        partition by signed_contract_id, successor_contract_id
                        order by distance, term_number
                    ) as nearest
                from candidates
            ) as ranked
        where nearest = 1
    ),

    -- The nearest first; nobody succeeds, or is succeeded, twice.
    matching as (
        select
            account_id,
            place,
            signed_contract_id,
            successor_contract_id,
            term_number,
            true as is_taken,
            {{ list_of("signed_contract_id") }} as succeeded,
            {{ list_of("successor_contract_id") }} as succeeding
        from pairs
        where place = 1
        union all
        select
            pairs.account_id,
            pairs.place,
            pairs.signed_contract_id,
            pairs.successor_contract_id,
            pairs.term_number,
            {{ is_pair_free() }} as is_taken,
            case
                when {{ is_pair_free() }}
                then {{ list_plus("matching.succeeded", "pairs.signed_contract_id") }}
                else matching.succeeded
            end as succeeded,
            case
                when {{ is_pair_free() }}
                then {{ list_plus("matching.succeeding", "pairs.successor_contract_id") }}
                else matching.succeeding
            end as succeeding
        from matching
        inner join
            pairs on matching.account_id = pairs.account_id and matching.place + 1 = pairs.place
    ),

    -- The term that each successor is nearest to; the first of them is the last of its contract.
    found as (
        select signed_contract_id, successor_contract_id, 'matched' as kind, term_number
        from matching
        where is_taken
        union all
        select signed_contract_id, successor_contract_id, 'named' as kind, term_number
        from
            (
                select
                    named.signed_contract_id,
                    named.successor_contract_id,
                    terms.term_number,
                    row_number() over (
                        partition by named.signed_contract_id, named.successor_contract_id
                        order by
                            abs({{ days_between("terms.scheduled_on", "successors.starts_on") }}),
                            terms.term_number
                    ) as nearest
                from named
                inner join
                    contracts as successors on named.successor_contract_id = successors.contract_id
                inner join
                    terms
                    on named.signed_contract_id = terms.signed_contract_id
                    and terms.starts_on < successors.starts_on
            ) as ranked
        where nearest = 1
    ),

    last_terms as (
        select signed_contract_id, min(term_number) as term_number
        from found
        group by signed_contract_id
    ),

    replaced as (
        select
            terms.contract_id,
            found.successor_contract_id,
            found.kind,
            terms.arr,
            sum(cast(terms.arr as decimal(28, 6))) over same_successor as arr_of_all,
            count(terms.arr) over same_successor as known,
            count(*) over same_successor as predecessors
        from found
        inner join last_terms on found.signed_contract_id = last_terms.signed_contract_id
        inner join
            terms
            on last_terms.signed_contract_id = terms.signed_contract_id
            and last_terms.term_number = terms.term_number
        window same_successor as (partition by found.successor_contract_id)
    ),

    -- The part of a successor that stands for each contract that it replaces: pro rata to their
    -- ARR; equal parts where that is not known.
    edges as (
        select
            contract_id,
            successor_contract_id,
            kind,
            case
                when known = predecessors and arr_of_all <> 0
                then arr / cast(arr_of_all as double)
                else cast(1 as double) / predecessors
            end as weight
        from replaced
        union all
        select
            following.predecessor_contract_id as contract_id,
            following.contract_id as successor_contract_id,
            'auto' as kind,
            cast(1 as double) as weight
        from terms as following
        left join last_terms on following.signed_contract_id = last_terms.signed_contract_id
        where
            following.term_number > 1
            and coalesce(following.term_number <= last_terms.term_number, true)
    ),

    final as (
        select
            edges.contract_id,
            terms.account_id,
            edges.successor_contract_id,
            successors.account_id as successor_account_id,
            edges.kind,
            terms.ends_on,
            terms.scheduled_on,
            successors.starts_on,
            edges.weight,
            round(successors.arr * edges.weight, 6) as share,
            successors.starts_on
            <= {{ add_days("terms.scheduled_on", "models.late_grace_d") }} as is_within_late_grace,
            successors.starts_on
            <= {{ add_days("terms.ends_on", "models.late_max_d") }} as is_within_late_max
        from edges
        inner join terms on edges.contract_id = terms.contract_id
        inner join terms as successors on edges.successor_contract_id = successors.contract_id
        left join
            models
            on terms.ends_on >= models.holds_from
            and coalesce(terms.ends_on < models.holds_to, true)
    )

select *
from final
order by contract_id, starts_on, successor_contract_id
