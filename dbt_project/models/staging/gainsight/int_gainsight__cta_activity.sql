-- Calls to action in canonical fields, as text: what someone is to do, or did.
with
    records as (
        select
            source_name,
            overrides,
            extra,
            {{
                fields_of(
                    "payload",
                    {
                        "Gsid": "VARCHAR",
                        "Name": "VARCHAR",
                        "Comments": "VARCHAR",
                        "CompanyId": "VARCHAR",
                        "CreatedDate": "VARCHAR",
                        "ModifiedDate": "VARCHAR",
                        "ClosedDate": "VARCHAR",
                        "DueDate": "VARCHAR",
                        "IsClosed": "VARCHAR",
                        "OwnerId": "VARCHAR",
                        "OwnerId__gr.Email": "VARCHAR",
                        "TypeId__gr.Name": "VARCHAR",
                        "StatusId__gr.Name": "VARCHAR",
                        "PlaybookId": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("gainsight", "ctas") }}
        where not is_deleted
    ),

    directory as (
        select source_name, written_as, email
        from {{ ref("int_gainsight__directory") }}
        where side = 'internal'
    ),

    worded as (
        select
            *,
            {{ parse_boolean('lower(record."IsClosed")') }} as is_closed,
            lower(coalesce(record."StatusId__gr.Name", '')) as status_name,
            nullif(trim(record."Comments"), '') as notes
        from records
    ),

    final as (
        select
            worded.source_name,
            worded.overrides,
            worded.extra,
            worded.record."Gsid" as activity_id,
            worded.record."CompanyId" as account_id,
            case
                when lower(worded.record."TypeId__gr.Name") = 'risk' then 'risk_update' else 'task'
            end as type,
            case
                when regexp_matches(worded.status_name, 'invalid|cancel')
                then 'cancelled'
                when
                    worded.is_closed
                    or (worded.is_closed is null and worded.status_name like 'closed%')
                then 'completed'
                else 'planned'
            end as status,
            -- Open: when it is due. Closed: when it was closed; a tenant that does not say so
            -- changed it last when it closed it.
            case
                when worded.is_closed
                then
                    coalesce(
                        {{ instant_of('worded.record."ClosedDate"') }},
                        {{ instant_of('worded.record."ModifiedDate"') }},
                        {{ instant_of('worded.record."DueDate"') }}
                    )
                else
                    coalesce(
                        {{ instant_of('worded.record."DueDate"') }},
                        {{ instant_of('worded.record."CreatedDate"') }},
                        {{ instant_of('worded.record."ModifiedDate"') }}
                    )
            end as started_at,
            worded.record."Name" as subject,
            lower(
                coalesce(directory.email, nullif(trim(worded.record."OwnerId__gr.Email"), ''))
            ) as user_emails,
            worded.notes,
            worded.record."PlaybookId" as playbook_id,
            {{ instant_of('worded.record."CreatedDate"') }} as logged_at
        from worded
        left join
            directory
            on worded.source_name = directory.source_name
            and lower(worded.record."OwnerId") = directory.written_as
    )

select *
from final
