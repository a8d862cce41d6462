-- Canonical activities with what finding duplicates and merging them needs. What an activity was
-- for is what its source says, else what the rules of the coverage model in force on its day make
-- of it; a rule that names a source's own type goes before what the source says.
{{ config(schema="core") }}
{%- set patterns = subject_patterns() %}
with
    context as (select time_zone from {{ source("meta", "context") }}),

    accounts as (select account_id, time_zone from {{ ref("accounts") }}),

    colleagues as (
        select coalesce(array_agg(distinct email), []) as emails from {{ ref("users") }}
    ),

    sources as (select source_name, priority from {{ source("meta", "source") }}),

    carried as (
        select
            source_name,
            bool_or(field = 'status') as is_status_carried,
            bool_or(field = 'notes') as is_notes_carried
        from {{ ref("canonical_fields") }}
        where entity = 'activities' and is_carried
        group by source_name
    ),

    activities as (select * from {{ ref("activities") }}),

    rules as (select * from {{ ref("cfg_activity_rule") }}),

    typed as (
        select
            activities.activity_id,
            activities.source_name,
            sources.priority as source_priority,
            activities.account_id,
            activities.type in ({{ known_values("activities", "type") }}) as is_in_vocabulary,
            case
                when activities.type in ({{ known_values("activities", "type") }})
                then activities.type
                when activities.channel in ('call', 'email', 'meeting')
                then activities.channel
                else 'other'
            end as type,
            activities.type as source_type,
            -- An entry in a log that has no status tells of something that took place.
            case
                when coalesce(carried.is_status_carried, false)
                then activities.status
                else 'completed'
            end as status,
            activities.channel,
            activities.direction,
            activities.subject,
            activities.started_at,
            {{
                local_date(
                    "activities.started_at", "coalesce(accounts.time_zone, context.time_zone)"
                )
            }} as started_on,
            activities.ended_at,
            coalesce(
                activities.minutes,
                case
                    when activities.ended_at >= activities.started_at
                    then {{ minutes_between("activities.started_at", "activities.ended_at") }}
                end
            ) as minutes,
            -- A colleague whom a calendar lists among its guests is still one of ours.
            {{
                list_with(
                    "activities.user_emails", "activities.contact_emails", "colleagues.emails"
                )
            }} as user_emails,
            nullif(
                {{ list_without("activities.contact_emails", "colleagues.emails") }}, []
            ) as contact_emails,
            {{ list_length("activities.contact_emails") }} > 0
            and {{ list_length(list_without("activities.contact_emails", "colleagues.emails")) }}
            = 0 as has_colleagues_only,
            activities.customer_attendees,
            activities.personas,
            case
                when coalesce(carried.is_notes_carried, false)
                then coalesce(length(activities.notes), 0)
            end as notes_length,
            activities.notes_at,
            activities.follow_up_at,
            activities.is_automated,
            activities.logged_at,
            activities.ticket_id,
            activities.playbook_id,
            activities.calendar_uid,
            activities.work_type,
            {% for column in entity_columns("activities") -%}
                case when activities."{{ column.name }}" is null then 0 else 1 end +
            {% endfor -%}
            0 as filled_fields
        from activities
        cross join context
        cross join colleagues
        left join accounts on activities.account_id = accounts.account_id
        left join sources on activities.source_name = sources.source_name
        left join carried on activities.source_name = carried.source_name
    ),

    -- That nobody of the customer took part must be said: an empty field does not say it.
    judged as (
        select
            activity_id,
            source_name,
            lower(source_type) as kind,
            type in ({{ plain_activity_types() }}) as says_not_what_for,
            coalesce(
                channel, case when type in ('call', 'email', 'meeting') then type end
            ) as channel,
            direction,
            coalesce(subject, '') as subject,
            started_on,
            greatest(customer_attendees, {{ list_length("contact_emails") }}) as attendees,
            case
                when
                    contact_emails is not null
                    or customer_attendees > 0
                    or direction in ('inbound', 'outbound')
                then true
                when customer_attendees = 0 or direction = 'internal' or has_colleagues_only
                then false
            end as has_customer
        from typed
    ),

    kinds as (select distinct {{ rows_of("kinds") }} as kind from rules),

    -- What says what it was for goes by that, unless a rule names the source's own type of it.
    unsettled as (
        select judged.*
        from judged
        left join kinds on judged.kind = kinds.kind
        where judged.says_not_what_for or kinds.kind is not null
    ),

    -- Many activities have the same subject: each is tried once.
    subjects as (select distinct subject from unsettled),

    found as (
        select
            subjects.subject,
            rules.holds_from,
            rules.holds_to,
            rules.rule_number,
            rules.activity_type,
            rules.kinds,
            rules.sources,
            rules.channels,
            rules.directions,
            rules.has_customer,
            rules.min_customer_attendees
        from subjects
        cross join rules
        where
            rules.subject_pattern is null
            or {{ matches_pattern("subjects.subject", "rules.subject_pattern", patterns) }}
    ),

    matches as (
        select unsettled.activity_id, min_by(found.activity_type, found.rule_number) as type
        from unsettled
        inner join
            found
            on unsettled.subject = found.subject
            and unsettled.started_on >= found.holds_from
            and coalesce(unsettled.started_on < found.holds_to, true)
        where
            (unsettled.says_not_what_for or found.kinds is not null)
            and (found.kinds is null or {{ has_element("found.kinds", "unsettled.kind") }})
            and (
                found.sources is null or {{ has_element("found.sources", "unsettled.source_name") }}
            )
            and (found.channels is null or {{ has_element("found.channels", "unsettled.channel") }})
            and (
                found.directions is null
                or {{ has_element("found.directions", "unsettled.direction") }}
            )
            and (found.has_customer is null or found.has_customer = unsettled.has_customer)
            and (
                found.min_customer_attendees is null
                or unsettled.attendees >= found.min_customer_attendees
            )
        group by unsettled.activity_id
    ),

    final as (
        select
            typed.activity_id,
            typed.source_name,
            typed.source_priority,
            typed.account_id,
            typed.is_in_vocabulary or matches.type is not null as is_classified,
            coalesce(matches.type, typed.type) as type,
            typed.source_type,
            typed.status,
            typed.channel,
            typed.direction,
            typed.subject,
            typed.started_at,
            typed.started_on,
            typed.ended_at,
            typed.minutes,
            typed.user_emails,
            typed.contact_emails,
            typed.customer_attendees,
            typed.personas,
            typed.notes_length,
            typed.notes_at,
            typed.follow_up_at,
            typed.is_automated,
            typed.logged_at,
            typed.ticket_id,
            typed.playbook_id,
            typed.calendar_uid,
            typed.work_type,
            typed.filled_fields
        from typed
        left join matches on typed.activity_id = matches.activity_id
    )

select *
from final
