-- Renewals that fell due, in each period that holds their term's last day, under the tier of each
-- attribution; with what their successor kept, and whether the account stayed a customer anyway.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    periods as (select period_type, period_start, period_end from {{ ref("int_outcome_period") }}),

    memberships as (
        select account_id, assigned_tier_id, valid_from, valid_to
        from {{ ref("tier_membership_scd2") }}
    ),

    paid_terms as (
        select account_id, in_force_from, in_force_to
        from {{ ref("int_term_in_force") }}
        where coalesce(arr > 0, true)
    ),

    due as (
        select
            renewals.*,
            renewals.outcome in (
                'renewed_on_time',
                'renewed_early',
                'renewed_late',
                'partially_renewed',
                'transferred'
            )
            and coalesce(renewals.renewed_arr > 0, true) as is_renewed,
            renewals.atr is not null and renewals.renewed_arr is not null as is_arr_known
        from {{ ref("fct_renewal") }} as renewals
        cross join context
        where
            renewals.scheduled_on <= context.as_of
            and renewals.outcome <> 'upcoming'
            and coalesce(renewals.atr <> 0, true)
    ),

    staying as (
        select distinct due.renewal_id
        from due
        inner join
            paid_terms
            on due.account_id = paid_terms.account_id
            and due.scheduled_on >= paid_terms.in_force_from
            and coalesce(due.scheduled_on < paid_terms.in_force_to, true)
    ),

    judged as (
        select
            due.renewal_id,
            due.account_id,
            due.term_end_on,
            due.scheduled_on,
            case
                when due.is_renewed then coalesce(due.signed_on, due.renewed_on)
            end as renewed_known_on,
            due.tier_id,
            due.is_renewed,
            staying.renewal_id is not null as is_paying_after,
            case when due.is_arr_known then due.atr end as atr,
            case when due.is_arr_known then least(due.renewed_arr, due.atr) end as retained_arr,
            case when due.is_arr_known then due.renewed_arr end as renewed_arr
        from due
        left join staying on due.renewal_id = staying.renewal_id
    ),

    in_periods as (
        select
            judged.*,
            periods.period_type,
            periods.period_start,
            least(periods.period_end, context.as_of) as tier_now_on
        from judged
        cross join context
        inner join periods on judged.term_end_on between periods.period_start and periods.period_end
    ),

    {% set columns = [
        "renewal_id",
        "account_id",
        "period_type",
        "period_start",
        "scheduled_on",
        "renewed_known_on",
        "is_renewed",
        "is_paying_after",
        "atr",
        "retained_arr",
        "renewed_arr",
    ] %}
    final as (
        select
            {% for name in columns -%} in_periods.{{ name }}, {% endfor -%}
            'tier_then' as attribution,
            coalesce(in_periods.tier_id, 'NONE') as tier_id
        from in_periods
        union all
        select
            {% for name in columns -%} in_periods.{{ name }}, {% endfor -%}
            'tier_now' as attribution,
            coalesce(memberships.assigned_tier_id, 'NONE') as tier_id
        from in_periods
        left join
            memberships
            on in_periods.account_id = memberships.account_id
            and in_periods.tier_now_on >= memberships.valid_from
            and coalesce(in_periods.tier_now_on < memberships.valid_to, true)
    )

select *
from final
order by period_type, period_start, attribution, renewal_id
