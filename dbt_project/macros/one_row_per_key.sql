{# Columns that identify records other than accounts, here or as a reference. #}
{% macro record_id_columns() %}
    {{
        return(
            [
                "activity_id",
                "assessment_id",
                "contact_id",
                "contract_id",
                "entry_id",
                "exception_id",
                "mention_id",
                "plan_id",
                "project_id",
                "response_id",
                "ticket_id",
                "user_id",
            ]
        )
    }}
{% endmacro %}

{# The usable records of an entity from all sources, with ids as they are written past staging, and
   the source's priority. Columns in `account_columns` name the account that the source means. #}
{% macro records_of(entity, account_columns=["account_id"]) %}
    select
        {% for column in entity_columns(entity) -%}
            {%- if column.name in account_columns -%}
                coalesce("{{ column.name }} meant".account_id, staged."{{ column.name }}")
            {%- elif column.name in record_id_columns() -%}
                {{
                    written_id(
                        'staged."' ~ column.name ~ '"', "staged.source_name", "sources.kind"
                    )
                }}
            {%- elif column.name == "predecessor_contract_id" -%}
                {{
                    written_ids(
                        'staged."' ~ column.name ~ '"', "staged.source_name", "sources.kind"
                    )
                }}
            {%- else -%} staged."{{ column.name }}"
            {%- endif %} as "{{ column.name }}",
        {% endfor -%}
        staged.source_name,
        staged.attributes,
        sources.priority as source_priority
    from {{ ref("staged_" ~ entity) }} as staged
    left join {{ source("meta", "source") }} as sources on staged.source_name = sources.source_name
    {% for name in account_columns -%}
        left join
            {{ ref("int_account_reference") }} as "{{ name }} meant"
            on staged.source_name = "{{ name }} meant".source_name
            and staged."{{ name }}" = "{{ name }} meant".reference
    {% endfor -%}
    where staged.quarantine_reason is null
{% endmacro %}

{# The keys that several usable records of an entity have; of a few entities there are any. With
   `within` only records that have these columns in common count. #}
{% macro repeated_keys(entity, account_columns, within=[]) %}
    {%- set key = quoted(within + entity_key(entity), "records") | join(", ") -%}
    select {{ key }}, count(*) as records
    from ({{ records_of(entity, account_columns) }}) as records
    group by {{ key }}
    having count(*) > 1
{% endmacro %}

{# The same without `within`, from the model that looked for them where the entity has one: several
   models ask, and of many records the question is dear. #}
{% macro known_repeated_keys(entity, account_columns) %}
    {%- set models = {"activities": "int_activity_repeated", "usage": "int_usage_repeated"} -%}
    {%- if entity in models -%} select * from {{ ref(models[entity]) }}
    {%- else -%} {{ repeated_keys(entity, account_columns) }}
    {%- endif -%}
{% endmacro %}

{# The condition that two relations have the same in some columns. #}
{% macro equal_in(columns, relation, other) -%}
    {%- for name in columns -%}
        {{ relation }}."{{ name }}"
        is not distinct from {{ other }}."{{ name }}" {{- " and " if not loop.last }}
    {%- endfor -%}
{%- endmacro %}

{# The usable records of an entity, one row a key. Where sources give the same key, the one named
   first in sources.yaml wins. Most keys are given once: only the records of others are ranked,
   which takes their whole content. #}
{% macro one_row_per_key(entity, account_columns=["account_id"]) %}
    {%- set columns = entity_columns(entity) | map(attribute="name") | list -%}
    {%- set key = entity_key(entity) -%}
    with
        repeated as ({{ known_repeated_keys(entity, account_columns) }}),

        ranked as (
            select
                records.*,
                row_number() over (
                    partition by {{ quoted(key, "records") | join(", ") }}
                    order by {{ first_in_order(columns) }}
                ) as place
            from ({{ records_of(entity, account_columns) }}) as records
            inner join repeated on {{ equal_in(key, "records", "repeated") }}
        )

    select
        {% for name in columns -%} records."{{ name }}", {% endfor -%}
        records.source_name,
        records.attributes
    from ({{ records_of(entity, account_columns) }}) as records
    left join repeated on {{ equal_in(key, "records", "repeated") }}
    where repeated.records is null
    union all
    select
        {% for name in columns -%} ranked."{{ name }}", {% endfor -%}
        ranked.source_name,
        ranked.attributes
    from ranked
    where ranked.place = 1
{% endmacro %}

{# The order of `records`: as sources.yaml names the sources; in one source, any stable one. #}
{% macro first_in_order(columns) -%}
    records.source_priority nulls last,
    records.source_name,
    {{ fingerprint(quoted(columns, "records")) }}
{%- endmacro %}

{# The same for records of accounts that take place at an instant, with what tells their local
   day: local_time_zone, the account's own or else the business's, and as_of. #}
{% macro in_local_time(unified) %}
    select
        unified.*, context.as_of, coalesce(accounts.time_zone, context.time_zone) as local_time_zone
    from {{ unified }} as unified
    cross join {{ source("meta", "context") }} as context
    left join {{ ref("accounts") }} as accounts on unified.account_id = accounts.account_id
{% endmacro %}

{# Column names in quotes, after the name of their relation. #}
{% macro quoted(columns, relation) %}
    {% set names = [] %}
    {% for name in columns %} {% do names.append(relation ~ '."' ~ name ~ '"') %} {% endfor %}
    {{ return(names) }}
{% endmacro %}
