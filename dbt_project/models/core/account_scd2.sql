-- What each account looked like, from when to when: on each day, what the records that are the
-- account today said then, merged. Neighbouring versions that are equal are one. The first version
-- is taken to hold from the account's start, and says so in history_origin.
with
    context as (select as_of, config_version, currency from {{ source("meta", "context") }}),

    first_contracts as (select account_id, first_contract_on from {{ ref("dim_account") }}),

    sources as ({{ ranked_sources() }}),

    identities as (
        select source, source_account_id, account_id, method from {{ ref("map_account_identity") }}
    ),

    current_records as (
        select distinct
            source_name,
            account_id,
            {{ fingerprint(account_picture_columns() + ["attributes"]) }} as fingerprint
        from {{ ref("staged_accounts") }}
        where quarantine_reason is null
    ),

    -- Versions without a day hold from the first.
    versions as (
        select
            versions.account_id as source_account_id,
            versions.source_name,
            coalesce(versions.known_on, date '0001-01-01') as known_on,
            coalesce(versions.is_deleted, false) as is_deleted,
            {% for column in account_picture_columns() -%} versions.{{ column }}, {% endfor -%}
            versions.attributes,
            {{ fingerprint(quoted(account_picture_columns() + ["attributes"], "versions")) }}
            as fingerprint
        from {{ ref("staged_accounts_versions") }} as versions
        where versions.quarantine_reason is null
    ),

    -- One version a day: that which still counts, where two were read.
    daily as (
        select
            versions.*,
            row_number() over (
                partition by versions.source_name, versions.source_account_id, versions.known_on
                order by
                    versions.is_deleted,
                    case when current_records.fingerprint is null then 1 else 0 end,
                    versions.fingerprint
            ) as place_in_day
        from versions
        left join
            current_records
            on versions.source_name = current_records.source_name
            and versions.source_account_id = current_records.account_id
            and versions.fingerprint = current_records.fingerprint
    ),

    -- The account that each record is today, also in its past.
    identified as (
        select
            coalesce(accounts_meant.account_id, daily.source_account_id) as account_id,
            coalesce(parents_meant.account_id, daily.parent_account_id) as parent_id_meant,
            coalesce(identities.method = 'own', false) as is_own,
            coalesce(sources.source_rank, 1000000) as source_rank,
            daily.*,
            min(daily.known_on) over (partition by daily.source_name) as source_known_on,
            min(daily.known_on) over (
                partition by daily.source_name, daily.source_account_id
            ) as record_known_on
        from daily
        left join sources on daily.source_name = sources.source_name
        left join
            identities
            on daily.source_name = identities.source
            and daily.source_account_id = identities.source_account_id
        left join
            {{ ref("int_account_reference") }} as accounts_meant
            on daily.source_name = accounts_meant.source_name
            and daily.source_account_id = accounts_meant.reference
        left join
            {{ ref("int_account_reference") }} as parents_meant
            on daily.source_name = parents_meant.source_name
            and daily.parent_account_id = parents_meant.reference
        where
            daily.place_in_day = 1
            -- Records of a source that defines no accounts are accounts only where matched.
            and case
                when identities.source is null
                then coalesce(sources.defines_accounts, true)
                else identities.account_id is not null
            end
    ),

    -- What the first read of a source found was true before, for all one knows; a record that
    -- came later was not there before.
    assumed as (
        select
            identified.*,
            min(known_on) over (partition by account_id) as account_known_on,
            case
                when known_on = record_known_on and known_on = source_known_on
                then min(known_on) over (partition by account_id)
                else known_on
            end as holds_from
        from identified
    ),

    visible as (
        select assumed.*
        from assumed
        cross join context
        where holds_from <= context.as_of or holds_from = account_known_on
    ),

    ranged as (
        select
            *,
            lead(holds_from) over (
                partition by account_id, source_name, source_account_id
                order by holds_from, known_on
            ) as holds_to
        from visible
    ),

    days as (select distinct account_id, holds_from as known_on from visible),

    -- What all records of an account said on each day on which any of them changed.
    told as (
        select
            days.account_id,
            days.known_on,
            {% for column in account_picture_columns() if column != "parent_account_id" -%}
                ranged.{{ column }},
            {% endfor -%}
            ranged.parent_id_meant as parent_account_id,
            ranged.source_name,
            ranged.attributes,
            row_number() over (
                partition by days.account_id, days.known_on
                order by
                    case when ranged.is_own then 0 else 1 end,
                    ranged.source_rank,
                    ranged.source_name,
                    ranged.source_account_id
            ) as place
        from days
        inner join
            ranged
            on days.account_id = ranged.account_id
            and days.known_on >= ranged.holds_from
            and coalesce(days.known_on < ranged.holds_to, true)
        where not ranged.is_deleted
    ),

    pictures as (
        {{
            merged_records(
                "accounts", "told", ["account_id", "known_on"], account_picture_columns()
            )
        }}
    ),

    -- A day without a picture is one on which the account was gone.
    drawn as (
        select
            days.account_id,
            days.known_on,
            pictures.account_id is null as is_deleted,
            pictures.started_on,
            {% for column in account_history_columns() -%}
                {% if column == "currency" -%}
                    coalesce(pictures.currency, context.currency) as currency,
                {% else -%} pictures.{{ column }},
                {% endif -%}
            {% endfor -%}
            pictures.attributes
        from days
        cross join context
        left join
            pictures on days.account_id = pictures.account_id and days.known_on = pictures.known_on
    ),

    fingerprinted as (
        select *, {{ fingerprint(account_history_columns() + ["attributes"]) }} as fingerprint
        from drawn
    ),

    compared as (
        select
            *,
            lag(fingerprint) over (
                partition by account_id order by known_on
            ) as previous_fingerprint,
            lag(is_deleted) over (partition by account_id order by known_on) as was_deleted
        from fingerprinted
    ),

    changes as (
        select *, row_number() over (partition by account_id order by known_on) as place
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
                            nullif(changes.known_on, date '0001-01-01'),
                            context.as_of
                        ),
                        coalesce(nullif(changes.known_on, date '0001-01-01'), context.as_of),
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
            nullif(bounded.known_on, date '0001-01-01') as known_on,
            context.as_of as as_of_date,
            context.config_version
        from bounded
        cross join context
        where not bounded.is_deleted and coalesce(bounded.valid_from < bounded.valid_to, true)
    )

select *
from final
order by account_id, valid_from
