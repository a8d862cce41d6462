-- Rows that contradict themselves or each other.
{{ config(schema="core") }}
with
    accounts as (
        select
            accounts.*,
            families.has_circular_parents,
            coalesce(in_force.account_id is not null, false) as has_contract_in_force
        from {{ ref("dim_account") }} as accounts
        left join
            {{ ref("int_account_family") }} as families on accounts.account_id = families.account_id
        left join
            (
                select distinct account_id from {{ ref("fct_contract") }} where is_in_force
            ) as in_force
            on accounts.account_id = in_force.account_id
    ),

    leads as (select account_id from {{ ref("assignments") }} where role = 'lead'),

    contracts as (select * from {{ ref("fct_contract") }}),

    rates as (select currency from {{ source("meta", "fx_rate") }}),

    usage as (
        select usage.*, accounts.first_contract_on
        from {{ ref("usage") }} as usage
        left join accounts on usage.account_id = accounts.account_id
    ),

    activities as (select * from {{ ref("int_activity") }}),

    tickets as (select * from {{ ref("tickets") }}),

    users as (
        select *, count(*) over (partition by email) as people_with_email from {{ ref("users") }}
    ),

    contacts as (
        select *, count(email) over (partition by account_id, email) as contacts_with_email
        from {{ ref("contacts") }}
    ),

    unassigned as (select * from {{ ref("int_activity_account") }}),

    checks as (
        {{
            quality_check(
                "churned_without_date:accounts",
                "accounts",
                "warning",
                "accounts",
                "lifecycle_stage = 'churned' and churned_on is null",
                "account_id",
                "{failed} of {total} accounts are flagged churned without a churned_on. When they left is "
                ~ "not known: fill churned_on, or correct lifecycle_stage.",
            )
        }}
        union all
        {{
            quality_check(
                "churn_date_without_flag:accounts",
                "accounts",
                "warning",
                "accounts",
                "churned_on <= as_of_date and lifecycle_stage <> 'churned'",
                "account_id",
                "{failed} of {total} accounts have a churned_on in the past but another lifecycle_stage. "
                ~ "Clear churned_on if the customer came back, else set lifecycle_stage to churned.",
            )
        }}
        union all
        {{
            quality_check(
                "churned_with_contract_in_force:accounts",
                "accounts",
                "warning",
                "accounts",
                "(churned_on <= as_of_date or lifecycle_stage = 'churned') and has_contract_in_force",
                "account_id",
                "{failed} of {total} accounts have churned and yet have a contract in force. The contract "
                ~ "counts: give it an ends_on, or take the churn back.",
            )
        }}
        union all
        {{
            quality_check(
                "circular_parents:accounts",
                "accounts",
                "warning",
                "accounts",
                "has_circular_parents",
                "account_id",
                "{failed} of {total} accounts belong to a family whose parents go round in a circle. Clear "
                ~ "parent_account_id on the account at its head.",
            )
        }}
        union all
        {{
            quality_check(
                "without_owner:accounts",
                "accounts",
                "warning",
                "accounts",
                "is_active and owner_email is null and pool is null and "
                ~ "account_id not in (select account_id from leads) and ("
                ~ is_field_carried("accounts", "owner_email")
                ~ " or "
                ~ is_field_carried("accounts", "pool")
                ~ " or "
                ~ is_entity_carried("assignments")
                ~ ")",
                "account_id",
                "{failed} of {total} accounts are active without an owner_email, a pool or a lead "
                ~ "assignment: nobody looks after them. Name an owner, or a pool.",
            )
        }}
        union all
        {{
            quality_check(
                "arr_without_start:accounts",
                "accounts",
                "warning",
                "accounts",
                "arr is not null and started_on is null and not "
                ~ is_entity_carried("contracts"),
                "account_id",
                "{failed} of {total} accounts have an ARR but no started_on. Without contracts, ARR counts "
                ~ "from started_on: fill it.",
            )
        }}
        union all
        {{
            quality_check(
                "currency_without_rate:accounts",
                "accounts",
                "error",
                "accounts",
                "not "
                ~ is_entity_carried("contracts")
                ~ " and currency not in (select currency from rates)",
                "currency || ' (' || account_id || ')'",
                "{failed} of {total} accounts are in a currency without a rate; their ARR is unknown. Add the "
                ~ "currency under fx in sources.yaml.",
            )
        }}
        union all
        {{
            quality_check(
                "currency_without_rate:contracts",
                "contracts",
                "error",
                "contracts",
                "fx_rate is null",
                "currency || ' (' || contract_id || ')'",
                "{failed} of {total} contracts are in a currency without a rate; the ARR of their accounts "
                ~ "is unknown. Add the currency under fx in sources.yaml.",
            )
        }}
        union all
        {{
            quality_check(
                "ends_before_start:contracts",
                "contracts",
                "warning",
                "contracts",
                "ends_on < starts_on",
                "contract_id",
                "{failed} of {total} contracts end before they start and are never in force. Correct "
                ~ "starts_on or ends_on; check date_format in sources.yaml if there are many.",
            )
        }}
        union all
        {{
            quality_check(
                "ended_but_in_force:contracts",
                "contracts",
                "warning",
                "contracts",
                "status in ('cancelled', 'churned') and is_in_force",
                "contract_id",
                "{failed} of {total} contracts are cancelled or churned but in force by their dates. The "
                ~ "dates count: set ends_on to the last day in force.",
            )
        }}
        union all
        {{
            quality_check(
                "before_first_contract:usage",
                "usage",
                "warning",
                "usage",
                '"on" < first_contract_on',
                key_text("usage"),
                "{failed} of {total} usage rows are dated before the first contract of their account. "
                ~ "Check the accounts of these rows, and whether older contracts are missing.",
            )
        }}
        union all
        {{
            quality_check(
                "unclassified:activities",
                "activities",
                "warning",
                "activities",
                "not is_classified",
                "source_type || ' (' || activity_id || ')'",
                "{failed} of {total} activities are of a type that the vocabulary does not know; they count "
                ~ "as a plain call, email or meeting, or as other. Map the types under values in "
                ~ "sources.yaml, or add activity_rules to the coverage model.",
            )
        }}
        union all
        {{
            quality_check(
                "attendees_of_several_accounts:activities",
                "activities",
                "warning",
                "unassigned",
                "accounts_found > 1",
                "activity_id",
                "{failed} of {total} activities name no account, and those who took part are of "
                ~ "several: they count for none. Name the account in the source, or correct the "
                ~ "accounts of the contacts.",
            )
        }}
        union all
        {{
            quality_check(
                "ends_before_start:activities",
                "activities",
                "warning",
                "activities",
                "ended_at < started_at",
                "activity_id",
                "{failed} of {total} activities end before they start; how long they took is unknown.",
            )
        }}
        union all
        {{
            quality_check(
                "solved_before_opened:tickets",
                "tickets",
                "warning",
                "tickets",
                "solved_at < opened_at or first_response_at < opened_at",
                "ticket_id",
                "{failed} of {total} tickets were answered or solved before they were opened. Check the "
                ~ "columns mapped to opened_at, first_response_at and solved_at, and their date_format.",
            )
        }}
        union all
        {{
            quality_check(
                "email_shared:users",
                "users",
                "warning",
                "users",
                "people_with_email > 1",
                "email || ' (' || user_id || ')'",
                "{failed} of {total} users share their email address with another; their activities cannot "
                ~ "be told apart. Keep one user an address.",
            )
        }}
        union all
        {{
            quality_check(
                "email_shared:contacts",
                "contacts",
                "info",
                "contacts",
                "contacts_with_email > 1",
                "email || ' (' || contact_id || ')'",
                "{failed} of {total} contacts share their email address with another of the same account: "
                ~ "probably one person, recorded twice.",
            )
        }}
    ),

    final as (select * from checks where rows_failed > 0)

select *
from final
order by check_id, source_name
