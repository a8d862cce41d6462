-- What reading found: texts that are not what they should be, records set aside, keys given
-- twice.
{{ config(schema="core") }}
with
    volumes as (select * from {{ ref("staging_volume") }}),

    issues as (select * from {{ ref("staging_issue") }}),

    repeated_keys as (
        {% for entity in staged_entities() -%}
            {%- set accounts = ["account_id"] if entity in entities_of_accounts() else [] -%}
            {#- Several sources may well have the same account or person. #}
            {%- set within = (
                ["source_name"] if entity in ("accounts", "contacts", "users") else []
            ) -%}
            {%- set repeated = (
                repeated_keys(entity, accounts, within)
                if within
                else known_repeated_keys(entity, accounts)
            ) -%}
            select
                records.source_name,
                '{{ entity }}' as entity,
                {{ key_text(entity, "records") }} as key_text
            from ({{ records_of(entity, account_columns=accounts) }}) as records
            inner join
                ({{ repeated }}) as repeated
                on {{ equal_in(within + entity_key(entity), "records", "repeated") }}
            union all
        {% endfor -%}
        select
            cast(null as varchar) as source_name,
            cast(null as varchar) as entity,
            cast(null as varchar) as key_text
        where false
    ),

    unreadable as (
        select
            issues.kind || '_value:' || issues.entity || '.' || issues.field as check_id,
            issues.source_name,
            issues.entity,
            'warning' as severity,
            issues.rows_failed,
            volumes.records as rows_total,
            issues.sample,
            case
                when issues.kind = 'missing'
                then
                    '{failed} of {total} records of '
                    || issues.entity
                    || ' have no '
                    || issues.field
                    || '; as it is required, they are set aside. Fill it in the source, or map the '
                    || 'column that holds it.'
                when issues.rows_set_aside > 0
                then
                    '{failed} of {total} records of '
                    || issues.entity
                    || ' have a text in '
                    || issues.field
                    || ' that cannot be read; as it is required, they are set aside. Correct the source, '
                    || 'or say date_format or values in sources.yaml.'
                else
                    '{failed} of {total} records of '
                    || issues.entity
                    || ' have a text in '
                    || issues.field
                    || ' that cannot be read or is not an accepted value; it counts as empty. Correct '
                    || 'the source, or say date_format or values in sources.yaml.'
            end as message
        from issues
        left join
            volumes on issues.source_name = volumes.source_name and issues.entity = volumes.entity
    ),

    set_aside as (
        select
            'set_aside:' || entity as check_id,
            source_name,
            entity,
            case
                when records_quarantined > max_quarantined * records then 'error' else 'warning'
            end as severity,
            records_quarantined as rows_failed,
            records as rows_total,
            sample,
            '{failed} of {total} records of '
            || entity
            || ' are unusable and set aside; see quarantine_reason in staging.staged_'
            || entity
            || '.' as message
        from volumes
        where records_quarantined > 0
    ),

    repeated as (
        select
            'repeated_key:' || repeated_keys.entity as check_id,
            repeated_keys.source_name,
            repeated_keys.entity,
            'warning' as severity,
            count(*) as rows_failed,
            max(volumes.records) as rows_total,
            {{ smallest("repeated_keys.key_text", 5) }} as sample,
            '{failed} of {total} records of '
            || repeated_keys.entity
            || ' have a key that another record has too, here or in another source. One of each '
            || 'counts: that of the source named first in sources.yaml.' as message
        from repeated_keys
        left join
            volumes
            on repeated_keys.source_name = volumes.source_name
            and repeated_keys.entity = volumes.entity
        group by repeated_keys.source_name, repeated_keys.entity
    ),

    final as (
        select *
        from unreadable
        union all
        select *
        from set_aside
        union all
        select *
        from repeated
    )

select *
from final
order by check_id, source_name
