-- How attendees may be written, and the one email address that each way stands for.
with
    users as (
        select
            source_name,
            {{ fields_of("payload", {"Gsid": "VARCHAR", "Name": "VARCHAR", "Email": "VARCHAR"}) }}
            as person
        from {{ source("gainsight", "users") }}
        where not is_deleted
    ),

    persons as (
        select
            source_name,
            {{ fields_of("payload", {"Gsid": "VARCHAR", "Name": "VARCHAR", "Email": "VARCHAR"}) }}
            as person
        from {{ source("gainsight", "persons") }}
        where not is_deleted
    ),

    company_persons as (
        select
            source_name,
            {{
                fields_of(
                    "payload",
                    {"Gsid": "VARCHAR", "Person_ID": "VARCHAR", "SfdcContactId": "VARCHAR"},
                )
            }} as person
        from {{ source("gainsight", "company_persons") }}
        where not is_deleted
    ),

    written as (
        select source_name, 'internal' as side, person."Gsid" as written_as, person."Email" as email
        from users
        union all
        select source_name, 'internal', person."Name", person."Email"
        from users
        union all
        select source_name, 'external', person."Gsid", person."Email"
        from persons
        union all
        select source_name, 'external', person."Name", person."Email"
        from persons
        union all
        select
            company_persons.source_name,
            'external',
            company_persons.person."Gsid",
            persons.person."Email"
        from company_persons
        inner join
            persons
            on company_persons.source_name = persons.source_name
            and company_persons.person."Person_ID" = persons.person."Gsid"
        union all
        select
            company_persons.source_name,
            'external',
            company_persons.person."SfdcContactId",
            persons.person."Email"
        from company_persons
        inner join
            persons
            on company_persons.source_name = persons.source_name
            and company_persons.person."Person_ID" = persons.person."Gsid"
    ),

    -- A name that two people share stands for neither.
    final as (
        select
            source_name,
            side,
            lower(trim(written_as)) as written_as,
            min(lower(trim(email))) as email
        from written
        where trim(written_as) <> '' and trim(email) <> ''
        group by all
        having count(distinct lower(trim(email))) = 1
    )

select *
from final
