-- Unbroken days on which an account is owed one standard of a family. Spells of one kind of
-- schedule that follow each other without a gap make a run: `run_from` to `run_to`, and why it
-- ended.
{{ config(schema="core") }}
with
    standards as (select * from {{ ref("int_obligation_standard") }}),

    tiers as (
        select account_id, assigned_tier_id as tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    owed as (
        select
            spans.account_id,
            standards.family,
            standards.schedule_type,
            standards.tier_id,
            spans.standard_number,
            spans.owed_from,
            coalesce(spans.owed_to, date '9999-12-31') as owed_to
        from {{ ref("int_owed_span") }} as spans
        inner join standards on spans.standard_number = standards.standard_number
    ),

    preceded as (
        select
            *,
            lag(owed_to) over (
                partition by account_id, family, standard_number order by owed_from
            ) as owed_to_before
        from owed
    ),

    numbered as (
        select
            *,
            count(case when owed_to_before = owed_from then null else 1 end) over (
                partition by account_id, family, standard_number
                order by owed_from
                rows between unbounded preceding and current row
            ) as spell_number
        from preceded
    ),

    spells as (
        select
            account_id,
            family,
            schedule_type,
            tier_id,
            standard_number,
            min(owed_from) as owed_from,
            max(owed_to) as owed_to
        from numbered
        group by account_id, family, schedule_type, tier_id, standard_number, spell_number
    ),

    spells_preceded as (
        select
            *,
            lag(owed_to) over same_schedule as spell_before_to,
            lead(owed_from) over same_schedule as next_owed_from
        from spells
        window same_schedule as (partition by account_id, family, schedule_type order by owed_from)
    ),

    in_runs as (
        select
            *,
            count(case when spell_before_to = owed_from then null else 1 end) over (
                partition by account_id, family, schedule_type
                order by owed_from
                rows between unbounded preceding and current row
            ) as run_number
        from spells_preceded
    ),

    runs as (
        select
            account_id,
            family,
            schedule_type,
            run_number,
            min(owed_from) as run_from,
            nullif(max(owed_to), date '9999-12-31') as run_to,
            max_by(tier_id, owed_from) as last_tier_id
        from in_runs
        group by account_id, family, schedule_type, run_number
    ),

    ended_runs as (
        select
            runs.*,
            case
                when runs.run_to is null
                then null
                when tiers.account_id is null
                then 'churned'
                when others.account_id is not null
                then 'superseded'
                when runs.schedule_type = 'conditional' and tiers.tier_id = runs.last_tier_id
                then 'not_eligible'
                else 'tier_change'
            end as run_end_reason
        from runs
        left join
            tiers
            on runs.account_id = tiers.account_id
            and {{ holds_on("tiers", "valid_from", "valid_to", "runs.run_to") }}
        left join
            spells as others
            on runs.account_id = others.account_id
            and runs.family = others.family
            and runs.schedule_type <> others.schedule_type
            and runs.run_to = others.owed_from
    ),

    final as (
        select
            in_runs.account_id,
            in_runs.family,
            in_runs.schedule_type,
            in_runs.tier_id,
            in_runs.standard_number,
            in_runs.owed_from,
            nullif(in_runs.owed_to, date '9999-12-31') as owed_to,
            -- The next spell of this family and schedule, in this run or a later one.
            in_runs.next_owed_from,
            ended_runs.run_from,
            ended_runs.run_to,
            ended_runs.run_end_reason
        from in_runs
        inner join
            ended_runs
            on in_runs.account_id = ended_runs.account_id
            and in_runs.family = ended_runs.family
            and in_runs.schedule_type = ended_runs.schedule_type
            and in_runs.run_number = ended_runs.run_number
    )

select *
from final
order by account_id, family, owed_from
