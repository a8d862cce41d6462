-- Customers who sign in to a portal, and the users that processes run as, are
-- nobody's colleagues.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "Id": "VARCHAR",
                        "Email": "VARCHAR",
                        "Name": "VARCHAR",
                        "Department": "VARCHAR",
                        "Division": "VARCHAR",
                        "IsActive": "VARCHAR",
                        "TimeZoneSidKey": "VARCHAR",
                        "UserType": "VARCHAR",
                        "LastModifiedDate": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("salesforce", "users") }}
        where not is_deleted
    ),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            record."Id" as user_id,
            record."Email" as email,
            record."Name" as name,
            record."Department" as function,
            record."Division" as team,
            -- The day of deactivation is not kept; the user was deactivated by then.
            case when record."IsActive" = 'false' then record."LastModifiedDate" end as ended_on,
            record."TimeZoneSidKey" as time_zone
        from records
        where coalesce(record."UserType", 'Standard') = 'Standard'
    )

select *
from ({{ stage_records("salesforce", "users", "mapped") }})
