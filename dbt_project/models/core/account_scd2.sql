-- What each account looked like, from when to when. Neighbouring versions that are equal are
-- one. The first version is taken to hold from the account's start, and says so in
-- history_origin.
with
    context as (select as_of, config_version, currency from {{ source("meta", "context") }}),

    sources as (select source_name, priority from {{ source("meta", "source") }}),

    -- The next source adds its staging model to this list.
    versions as (
        select * from {{ ref("stg_files__accounts_versions") }} where quarantine_reason is null
    ),

    first_contracts as (select account_id, first_contract_on from {{ ref("dim_account") }}),

    current_accounts as (
        select
            account_id,
            source_name,
            {{ fingerprint(account_history_columns() + ["attributes"]) }} as fingerprint
        from {{ ref("accounts") }}
    ),

    -- Only the source whose record counts today tells the account's history; for an account
    -- that is gone from all, the first source that knew it.
    ranked as (
        select
            versions.account_id,
            versions.known_on,
            coalesce(versions.is_deleted, false) as is_deleted,
            versions.started_on,
            {% for column in account_history_columns() -%}
                {% if column == "currency" -%}
                    coalesce(versions.currency, context.currency) as currency,
                {% else -%} versions.{{ column }},
                {% endif -%}
            {% endfor -%}
            versions.attributes,
            current_accounts.fingerprint as current_fingerprint,
            rank() over (
                partition by versions.account_id
                order by
                    case when versions.source_name = current_accounts.source_name then 0 else 1 end,
                    sources.priority nulls last,
                    versions.source_name
            ) as source_rank
        from versions
        cross join context
        left join sources on versions.source_name = sources.source_name
        left join current_accounts on versions.account_id = current_accounts.account_id
    ),

    fingerprinted as (
        select
            ranked.*, {{ fingerprint(account_history_columns() + ["attributes"]) }} as fingerprint
        from ranked
        where source_rank = 1
    ),

    -- One version a day: that which still counts, where two were read.
    daily as (
        select
            *,
            row_number() over (
                partition by account_id, known_on
                order by
                    is_deleted,
                    case when fingerprint = current_fingerprint then 0 else 1 end,
                    fingerprint
            ) as place_in_day,
            min(known_on) over (partition by account_id) as first_known_on
        from fingerprinted
    ),

    visible as (
        select daily.*
        from daily
        cross join context
        where
            place_in_day = 1
            and (known_on is null or known_on <= context.as_of or known_on = first_known_on)
    ),

    compared as (
        select
            *,
            lag(fingerprint) over (
                partition by account_id order by known_on nulls first
            ) as previous_fingerprint,
            lag(is_deleted) over (
                partition by account_id order by known_on nulls first
            ) as was_deleted
        from visible
    ),

    changes as (
        select *, row_number() over (partition by account_id order by known_on nulls first) as place
        from compared
        where
            previous_fingerprint is null
            or previous_fingerprint <> fingerprint
            or was_deleted <> is_deleted
    ),

    dated as (
        select
            changes.*,
            case
                when changes.place > 1
                then changes.known_on
                else
                    least(
                        coalesce(
                            changes.started_on,
                            first_contracts.first_contract_on,
                            changes.known_on,
                            context.as_of
                        ),
                        coalesce(changes.known_on, context.as_of),
                        context.as_of
                    )
            end as valid_from
        from changes
        cross join context
        left join first_contracts on changes.account_id = first_contracts.account_id
    ),

    bounded as (
        select *, lead(valid_from) over (partition by account_id order by place) as valid_to
        from dated
    ),

    final as (
        select
            bounded.account_id,
            bounded.valid_from,
            bounded.valid_to,
            {% for column in account_history_columns() -%} bounded.{{ column }}, {% endfor -%}
            bounded.attributes,
            case
                when bounded.valid_from = bounded.known_on then 'observed' else 'assumed'
            end as history_origin,
            context.as_of as as_of_date,
            context.config_version
        from bounded
        cross join context
        where not bounded.is_deleted and coalesce(bounded.valid_from < bounded.valid_to, true)
    )

select *
from final
order by account_id, valid_from
