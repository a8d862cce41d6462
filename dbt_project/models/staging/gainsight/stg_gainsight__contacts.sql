with
    persons as (
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
                        "FirstName": "VARCHAR",
                        "LastName": "VARCHAR",
                        "Email": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("gainsight", "persons") }}
        where not is_deleted
    ),

    company_persons as (
        select
            source_name,
            overrides,
            extra,
            {{
                fields_of(
                    "payload",
                    {
                        "Gsid": "VARCHAR",
                        "Person_ID": "VARCHAR",
                        "Company_ID": "VARCHAR",
                        "Title": "VARCHAR",
                        "Role": "VARCHAR",
                        "Active": "VARCHAR",
                    },
                )
            }} as record
        from {{ source("gainsight", "company_persons") }}
        where not is_deleted
    ),

    labels as (select source_name, item_id, label from {{ ref("int_gainsight__picklist_item") }}),

    joined as (
        select
            company_persons.source_name,
            map_concat(persons.overrides, company_persons.overrides) as overrides,
            coalesce(
                json_merge_patch(persons.extra, company_persons.extra),
                company_persons.extra,
                persons.extra
            ) as extra,
            company_persons.record as place,
            persons.record as person,
            coalesce(roles.label, company_persons.record."Role") as role_text,
            lower(trim(coalesce(activity.label, company_persons.record."Active"))) as activity
        from company_persons
        left join
            persons
            on company_persons.source_name = persons.source_name
            and company_persons.record."Person_ID" = persons.record."Gsid"
        left join
            labels as roles
            on company_persons.source_name = roles.source_name
            and company_persons.record."Role" = roles.item_id
        left join
            labels as activity
            on company_persons.source_name = activity.source_name
            and company_persons.record."Active" = activity.item_id
    ),

    worded as (select *, {{ parse_word("trim(role_text)") }} as role from joined),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            place."Gsid" as contact_id,
            place."Company_ID" as account_id,
            person."Email" as email,
            coalesce(
                nullif(trim(person."Name"), ''),
                nullif(trim(concat_ws(' ', person."FirstName", person."LastName")), '')
            ) as name,
            place."Title" as title,
            -- A role of the tenant's own is a title rather than a persona.
            case
                when role in ('exec_sponsor', 'executive_sponsor')
                then 'exec_sponsor'
                when role in ('admin', 'administrator')
                then 'admin'
                when role in ('economic_buyer', 'decision_maker', 'champion', 'end_user')
                then role
            end as personas,
            case
                activity when 'active' then 'true' when 'inactive' then 'false' else activity
            end as is_active
        from worded
    )

select *
from ({{ stage_records("gainsight", "contacts", "mapped") }})
