with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {"id": "VARCHAR", "name": "VARCHAR", "domain_names": ["VARCHAR"]},
                )
            }} as record
        from {{ source("zendesk", "organizations_versions") }}
    ),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            known_on,
            is_deleted,
            is_current,
            record.id as account_id,
            record.name as name,
            {{ domain_of("record.domain_names[1]") }} as domain
        from records
    )

select *
from
    (
        {{
            stage_records(
                "zendesk",
                "accounts",
                "mapped",
                also=["known_on", "is_deleted", "is_current"],
            )
        }}
    )
