-- Feedback on articles and surveys of one's own making have no score that could be compared; an
-- answer of someone without a company says nothing of an account. Both are left out.
with
    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    hubspot_object(
                        [
                            "hs_survey_type",
                            "hs_value",
                            "hs_content",
                            "hs_submission_timestamp",
                        ],
                        ["contacts"],
                    ),
                )
            }} as record
        from {{ source("hubspot", "feedback_submissions") }}
        where not is_deleted
    ),

    answers as (
        select
            *,
            lower(record.properties.hs_survey_type) as kind,
            record."_associations".contacts[1] as contact_id
        from records
    ),

    mapped as (
        select
            answers.source_name,
            answers.overrides,
            answers.extra,
            answers.record_key as response_id,
            people.account_id,
            answers.kind,
            answers.record.properties.hs_value as score,
            answers.record.properties.hs_submission_timestamp as responded_at,
            people.email as contact_email,
            answers.record.properties.hs_content as comment
        from answers
        left join
            {{ ref("int_hubspot__person") }} as people
            on answers.source_name = people.source_name
            and answers.contact_id = people.contact_id
        where
            (answers.kind in ('nps', 'csat', 'ces') or answers.kind is null)
            and coalesce(people.account_id, nullif(answers.overrides['surveys.account_id'], ''))
            is not null
    )

select *
from ({{ stage_records("hubspot", "surveys", "mapped") }})
