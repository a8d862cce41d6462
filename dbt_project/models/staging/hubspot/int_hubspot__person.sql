with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "email",
                            "firstname",
                            "lastname",
                            "jobtitle",
                            "hs_buying_role",
                            "associatedcompanyid",
                        ],
                        ["companies"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "contacts") }}
        where not is_deleted
    ),

    swallowed as ({{ hubspot_swallowed("contacts") }}),

    final as (
        select
            records.source_name,
            records.overrides,
            records.extra,
            records.record_key as contact_id,
            coalesce(
                record.properties.associatedcompanyid, record."_associations".companies[1]
            ) as account_id,
            lower(trim(record.properties.email)) as email,
            nullif(
                concat_ws(' ', record.properties.firstname, record.properties.lastname), ''
            ) as name,
            record.properties.jobtitle as title,
            array_to_string(
                list_filter(
                    list_transform(
                        string_split(record.properties.hs_buying_role, ';'),
                        lambda role: case
                            role
                            when 'EXECUTIVE_SPONSOR'
                            then 'exec_sponsor'
                            when 'BUDGET_HOLDER'
                            then 'economic_buyer'
                            when 'DECISION_MAKER'
                            then 'decision_maker'
                            when 'CHAMPION'
                            then 'champion'
                            when 'END_USER'
                            then 'end_user'
                        end
                    ),
                    lambda persona:persona is not null
                ),
                ';'
            ) as personas
        from records
        anti join swallowed using (source_name, record_key)
    )

select *
from final
