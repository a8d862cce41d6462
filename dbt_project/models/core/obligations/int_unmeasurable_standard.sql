-- Standards that nobody can be held to, because nothing is connected that would tell whether they
-- were met. They make no obligations.
{{ config(schema="core") }}
with
    spans as (select * from {{ ref("int_standard_span") }}),

    carried as (
        select
            -- A source of activities that has none has told nothing either.
            (select count(*) > 0 from {{ ref("fct_activity") }}) as has_activities,
            {{ is_entity_carried("contracts") }} as has_contracts,
            {{ is_entity_carried("success_plans") }} as has_plans,
            {{ is_field_carried("tickets", "first_response_at") }}
            or {{ is_field_carried("activities", "direction") }} as has_triggers
    ),

    missing_signals as (
        select terms.predicate, min(terms.signal) as signal
        from {{ ref("int_predicate_term") }} as terms
        left join
            (select distinct signal from {{ ref("int_account_signal_span") }}) as known
            on terms.signal = known.signal
        where known.signal is null
        group by terms.predicate
    ),

    watching as (select distinct holds_from from {{ ref("cfg_playbook_rule") }} where is_evaluable),

    judged as (
        select
            spans.*,
            case
                when
                    (
                        spans.schedule_type in {{ schedules_settled_by_touch() }}
                        or spans.family = 'trigger_response'
                    )
                    and not carried.has_activities
                then 'no activity source'
                when spans.schedule_type = 'lead_to_event' and not carried.has_contracts
                then 'no contract source'
                when spans.schedule_type = 'state' and not carried.has_plans
                then 'no success plan source'
                when spans.family = 'trigger_response'
                then case when watching.holds_from is null then 'no source of playbook triggers' end
                when spans.schedule_type = 'response' and not carried.has_triggers
                then 'no source of tickets or inbound messages'
                when missing_signals.signal is not null
                then concat('no source of the signal ', missing_signals.signal)
            end as reason
        from spans
        cross join carried
        left join missing_signals on spans.when_predicate = missing_signals.predicate
        left join watching on spans.holds_from = watching.holds_from
    ),

    final as (
        select tier_id, family, standard_version, holds_from, holds_to, standard_number, reason
        from judged
        where reason is not null
    )

select *
from final
order by tier_id, family, holds_from
