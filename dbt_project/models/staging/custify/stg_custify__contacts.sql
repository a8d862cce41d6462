{%- set person = {
    "id": "VARCHAR",
    "email": "VARCHAR",
    "name": "VARCHAR",
    "first_name": "VARCHAR",
    "last_name": "VARCHAR",
    "title": "VARCHAR",
    "role": "VARCHAR",
    "companies": "VARCHAR",
    "company": "VARCHAR",
    "company_id": "VARCHAR",
} -%}
-- A person of a company's own list lies below `details`; one of the list of all does
-- not.
with
    people as (
        select
            source_name,
            overrides,
            extra,
            {{ fields_of("payload", dict(person, details=person)) }} as record
        from {{ source("custify", "people") }}
        where not is_deleted
    ),

    companies as (
        select
            source_name,
            {{ fields_of("payload", {"id": "VARCHAR", "company_id": "VARCHAR"}) }} as record
        from {{ source("custify", "companies") }}
        where not is_deleted
    ),

    -- Companies by any id that a person may name them by; their own id comes first.
    company_ids as (
        select source_name, name, min_by(id, place) as id
        from
            (
                select source_name, record.id as name, record.id, 1 as place
                from companies
                union all
                select source_name, record.company_id, record.id, 2
                from companies
            )
        group by source_name, name
    ),

    flat as (
        select
            source_name,
            overrides,
            extra,
            record.id,
            {% for name in person if name != "id" -%}
                coalesce(record."{{ name }}", record.details."{{ name }}") as "{{ name }}",
            {% endfor -%}
        from people
    ),

    placed as (
        select
            *,
            {{ first_reference("companies") }} as first_company,
            coalesce(
                {{ first_reference("companies") }},
                json_extract_string(try_cast(companies as json), '$[0].company_id'),
                company_id,
                {{ first_reference("company") }}
            ) as company_named
        from flat
    ),

    mapped as (
        select
            placed.source_name,
            placed.overrides,
            placed.extra,
            placed.id as contact_id,
            coalesce(company_ids.id, placed.first_company) as account_id,
            placed.email,
            coalesce(
                nullif(trim(placed.name), ''),
                nullif(concat_ws(' ', trim(placed.first_name), trim(placed.last_name)), '')
            ) as name,
            coalesce(nullif(trim(placed.title), ''), placed.role) as title
        from placed
        left join
            company_ids
            on placed.source_name = company_ids.source_name
            and placed.company_named = company_ids.name
    )

select *
from ({{ stage_records("custify", "contacts", "mapped") }})
