-- Rows that point to something no source has: an account, a colleague, a parent, a
-- predecessor.
{{ config(schema="core") }}
with
    accounts as (select account_id, parent_account_id, source_name from {{ ref("accounts") }}),

    users as (select email from {{ ref("users") }}),

    contracts as (
        select contract_id, predecessor_contract_id, source_name from {{ ref("contracts") }}
    ),

    unknown_predecessors as (
        select distinct said.contract_id
        from
            (
                select
                    contract_id,
                    trim({{ rows_of(parts_of("predecessor_contract_id")) }}) as predecessor_id
                from contracts
                where predecessor_contract_id is not null
            ) as said
        left join contracts on said.predecessor_id = contracts.contract_id
        where contracts.contract_id is null and said.predecessor_id <> ''
    ),

    checks as (
        {% for entity in entities_of_accounts() -%}
            {{
                quality_check(
                    "account_unknown:" ~ entity,
                    entity,
                    "warning",
                    ref(entity),
                    "account_id is not null and account_id not in (select account_id from accounts)",
                    "account_id",
                    "{failed} of {total} rows of "
                    ~ entity
                    ~ " belong to an account that no source has "
                    ~ "(the sample names the accounts). They count nowhere. Add the accounts, or correct "
                    ~ "the account_id.",
                )
            }}
            union all
        {% endfor -%}
        {% for entity, column in entities_of_users().items() -%}
            {{
                quality_check(
                    "colleague_unknown:" ~ entity ~ "." ~ column,
                    entity,
                    "warning",
                    ref(entity),
                    column
                    ~ " not in (select email from users) and exists (select email from users)",
                    column,
                    "{failed} of {total} rows of "
                    ~ entity
                    ~ " name in "
                    ~ column
                    ~ " somebody who is not "
                    ~ "among the users. Add the person to users, or correct the address.",
                )
            }}
            union all
        {% endfor -%}
        {{
            quality_check(
                "parent_unknown:accounts",
                "accounts",
                "warning",
                "accounts",
                "parent_account_id not in (select account_id from accounts)",
                "account_id",
                "{failed} of {total} accounts name a parent that no source has; each is taken as the head "
                ~ "of its own family. Add the parent, or correct parent_account_id.",
            )
        }}
        union all
        {{
            quality_check(
                "predecessor_unknown:contracts",
                "contracts",
                "warning",
                "contracts",
                "contract_id in (select contract_id from unknown_predecessors)",
                "contract_id",
                "{failed} of {total} contracts name a predecessor that no source has. Renewals are then "
                ~ "found by account and date. Correct predecessor_contract_id.",
            )
        }}
    ),

    final as (select * from checks where rows_failed > 0)

select *
from final
order by check_id, source_name
