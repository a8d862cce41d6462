{{ config(materialized="parsed_once") }}
-- A meeting in several calendars is several records, which share calendar_uid: they
-- are merged where activities are. What nobody else was invited to (time kept free, a
-- reminder) is none. Whether one is yet to come, the night tells.
with
    own_domains as (
        select source_name, string_split(value, ';') as domains
        from {{ source("meta", "source_option") }}
        where option = 'own_domains'
    ),

    records as (
        select
            *,
            {{
                fields_of(
                    "payload",
                    {
                        "_calendar": "VARCHAR",
                        "id": "VARCHAR",
                        "status": "VARCHAR",
                        "summary": "VARCHAR",
                        "iCalUID": "VARCHAR",
                        "transparency": "VARCHAR",
                        "start": {"dateTime": "VARCHAR", "date": "VARCHAR"},
                        "end": {"dateTime": "VARCHAR"},
                        "organizer": {"email": "VARCHAR"},
                        "attendees": [
                            {
                                "email": "VARCHAR",
                                "resource": "VARCHAR",
                                "responseStatus": "VARCHAR",
                            }
                        ],
                    },
                )
            }} as record
        from {{ source("google_calendar", "events") }}
    ),

    -- Rooms and shared calendars are not people.
    invited as (
        select
            records.*,
            lower(record._calendar) as calendar,
            list_append(
                coalesce(own_domains.domains, []), {{ domain_of("record._calendar") }}
            ) as domains,
            list_transform(
                list_filter(
                    coalesce(record.attendees, []),
                    lambda a:a.email is not null
                    and coalesce(a.resource, 'false') <> 'true'
                    and not ends_with(lower(a.email), 'calendar.google.com')
                ),
                lambda a: {
                    'email':lower(a.email),
                    'domain':{{ domain_of("a.email") }},
                    'comes':a.responsestatus is distinct from 'declined'
                }
            ) as people
        from records
        left join own_domains on records.source_name = own_domains.source_name
        where coalesce(record.start.datetime, record.start.date) is not null
    ),

    sides as (
        select
            *,
            list_filter(people, lambda p:list_contains(domains, p.domain)) as colleagues,
            list_filter(people, lambda p: not list_contains(domains, p.domain)) as customers,
            -- Whose calendar it is takes part without being invited, as who called
            -- the meeting.
            case
                when
                    not ends_with(calendar, 'calendar.google.com')
                    and not list_contains(list_transform(people, lambda p:p.email), calendar)
                then [calendar]
                else []
            end as owner
        from invited
    ),

    attended as (
        select
            *,
            list_distinct(
                list_concat(
                    owner,
                    list_transform(list_filter(colleagues, lambda p:p.comes), lambda p:p.email)
                )
            ) as user_emails,
            list_distinct(
                list_transform(list_filter(customers, lambda p:p.comes), lambda p:p.email)
            ) as contact_emails
        from sides
        where
            len(customers) > 0
            or (
                len(colleagues) + len(owner) > 1
                and record.start.datetime is not null
                and record.transparency is distinct from 'transparent'
            )
    ),

    mapped as (
        select
            source_name,
            overrides,
            extra,
            record._calendar || '/' || record.id as activity_id,
            'meeting' as type,
            case
                when
                    is_deleted
                    or record.status = 'cancelled'
                    or len(user_emails) = 0
                    or (len(customers) > 0 and len(contact_emails) = 0)
                then 'cancelled'
                else 'completed'
            end as status,
            coalesce(record.start.datetime, record.start.date) as started_at,
            -- An event of whole days does not say how long anybody met.
            case when record.start.datetime is not null then record.end.datetime end as ended_at,
            case
                when len(customers) = 0
                then 'internal'
                when list_contains(domains, {{ domain_of("record.organizer.email") }})
                then 'outbound'
                when record.organizer.email is not null
                then 'inbound'
            end as direction,
            'meeting' as channel,
            record.summary as subject,
            array_to_string(list_sort(user_emails), ';') as user_emails,
            array_to_string(list_sort(contact_emails), ';') as contact_emails,
            cast(len(contact_emails) as varchar) as customer_attendees,
            record.icaluid as calendar_uid,
            -- NULL where mapped fields tell what became of it.
            case
                when overrides['activities.status'] is null
                then left(coalesce(record.start.datetime, record.start.date), 10)
            end as takes_place_on,
            version
        from attended
    )

select *
from
    (
        {{
            stage_records(
                "google_calendar", "activities", "mapped", also=["takes_place_on", "version"]
            )
        }}
    )
