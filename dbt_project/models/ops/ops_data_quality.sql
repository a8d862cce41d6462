-- Everything found wrong or worth knowing about the data, from landing to content.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    landing as (
        select
            case when stream is null then check_id else check_id || ':' || stream end as check_id,
            source_name,
            entity,
            severity,
            rows_failed,
            rows_total,
            sample,
            message
        from {{ source("meta", "finding") }}
    ),

    user_rules as (
        select check_id, source_name, entity, severity, rows_failed, rows_total, sample, message
        from {{ source("input", "source_checks") }}
    ),

    findings as (
        select *
        from landing
        union all
        select *
        from user_rules
        {% for model in [
                "int_quality_absent_entity",
                "int_quality_reading",
                "int_quality_left_out",
                "int_quality_reference",
                "int_quality_content",
                "int_quality_tier",
                "int_quality_identity",
                "int_quality_coverage",
                "int_quality_health",
                "int_quality_signal",
                "int_quality_time",
                "int_quality_empty_field",
            ] -%}
            union all
            select check_id, source_name, entity, severity, rows_failed, rows_total, sample, message
            from {{ ref(model) }}
        {% endfor %}
    ),

    final as (
        select
            findings.check_id,
            findings.source_name as source,
            findings.entity,
            findings.severity,
            cast(findings.rows_failed as bigint) as rows_failed,
            cast(findings.rows_total as bigint) as rows_total,
            findings.sample,
            replace(
                replace(findings.message, '{failed}', cast(findings.rows_failed as varchar)),
                '{total}',
                coalesce(cast(findings.rows_total as varchar), 'all')
            ) as message,
            context.as_of as as_of_date,
            context.config_version
        from findings
        cross join context
        where findings.rows_failed > 0
    )

select *
from final
order by check_id, source, entity, message
