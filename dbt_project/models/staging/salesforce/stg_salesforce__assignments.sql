-- Who works on an account besides its owner, and who owned it when. The present owner of an account
-- without a history is the account's owner_email.
with
    members as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "AccountId": "VARCHAR",
                        "UserId": "VARCHAR",
                        "TeamMemberRole": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                        "SystemModstamp": "VARCHAR",
                        "IsDeleted": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "account_team_members") }}
    ),

    changes as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "AccountId": "VARCHAR",
                        "Field": "VARCHAR",
                        "OldValue": "VARCHAR",
                        "NewValue": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "account_history") }}
        where not is_deleted
    ),

    accounts as (
        select
            source_name,
            record_key as account_id,
            {{ text_of("payload", "CreatedDate") }} as created_at,
            overrides['accounts.owner_email'] as mapped_owner
        from {{ source("salesforce", "accounts") }}
    ),

    users as (
        select source_name, record_key as user_id, {{ text_of("payload", "Email") }} as email
        from {{ source("salesforce", "users") }}
    ),

    team as (
        select
            source_name,
            overrides,
            extra,
            record."AccountId" as account_id,
            record."UserId" as user_id,
            case
                when regexp_matches(record."TeamMemberRole", '(?i)backup|stand.?in|deputy|cover')
                then 'backup'
                when regexp_matches(record."TeamMemberRole", '(?i)customer success|\bCSM\b')
                then 'lead'
                when
                    regexp_matches(
                        record."TeamMemberRole",
                        '(?i)technical|engineer|architect|consult|special|solution|support|onboarding|train'
                    )
                then 'specialist'
                else 'member'
            end as role,
            record."TeamMemberRole" as function,
            left(record."CreatedDate", 10) as valid_from,
            case
                when record."IsDeleted" = 'true'
                then left(record."SystemModstamp", 10)
                when is_deleted
                then cast(known_on as varchar)
            end as valid_to
        from members
    ),

    -- Each change of owner is told twice: once with names, once with ids.
    owner_changes as (
        select
            source_name,
            record."AccountId" as account_id,
            record."OldValue" as before,
            record."NewValue" as after,
            left(record."CreatedDate", 10) as changed_on,
            record."CreatedDate" as changed_at
        from changes
        where record."Field" = 'Owner' and regexp_matches(record."NewValue", '^005\w{12}(\w{3})?$')
    ),

    owners as (
        select
            source_name,
            account_id,
            after as user_id,
            changed_on as valid_from,
            lead(changed_on) over (
                partition by source_name, account_id order by changed_at
            ) as valid_to
        from owner_changes
        union all
        select
            first_changes.source_name,
            first_changes.account_id,
            first_changes.before as user_id,
            left(accounts.created_at, 10) as valid_from,
            first_changes.changed_on as valid_to
        from
            (
                select *
                from owner_changes
                qualify
                    row_number() over (partition by source_name, account_id order by changed_at) = 1
            ) as first_changes
        inner join
            accounts
            on accounts.source_name = first_changes.source_name
            and accounts.account_id = first_changes.account_id
    ),

    -- Where the account names its CSM elsewhere, the owner is one of the team.
    owned as (
        select
            owners.source_name,
            cast(null as map(varchar, varchar)) as overrides,
            cast(null as json) as extra,
            owners.account_id,
            owners.user_id,
            case
                when accounts.mapped_owner is not null or leads.account_id is not null
                then 'member'
                else 'lead'
            end as role,
            'Account Owner' as function,
            owners.valid_from,
            owners.valid_to
        from owners
        left join
            accounts
            on accounts.source_name = owners.source_name
            and accounts.account_id = owners.account_id
        left join
            (select distinct source_name, account_id from team where role = 'lead') as leads
            on leads.source_name = owners.source_name
            and leads.account_id = owners.account_id
        where owners.valid_to is null or owners.valid_from < owners.valid_to
    ),

    unified as (
        select *
        from team
        union all
        select *
        from owned
    ),

    mapped as (
        select
            unified.source_name,
            unified.overrides,
            unified.extra,
            unified.account_id,
            users.email as user_email,
            unified.role,
            unified.function,
            unified.valid_from,
            unified.valid_to
        from unified
        left join
            users
            on users.source_name = unified.source_name
            and left(users.user_id, 15) = left(unified.user_id, 15)
    )

select *
from ({{ stage_records("salesforce", "assignments", "mapped") }})
