{# The usable records of an entity from all its staging models, one row a key. Where sources give
   the same key, the one named first in sources.yaml wins. #}
{% macro one_row_per_key(entity, staged) %}
    {%- set columns = entity_columns(entity) | map(attribute="name") | list -%}
    select
        {% for name in columns -%} ranked."{{ name }}", {% endfor -%}
        ranked.source_name,
        ranked.attributes
    from
        (
            select
                records.*,
                row_number() over (
                    partition by
                        {%- for name in entity_key(entity) %}
                            records."{{ name }}" {{- "," if not loop.last }}
                        {%- endfor %}
                    order by
                        sources.priority nulls last,
                        records.source_name,
                        {{ fingerprint(quoted(columns, "records")) }}
                ) as place
            from
                (
                    {% for relation in staged -%}
                        select
                            {% for name in columns -%} "{{ name }}", {% endfor -%}
                            source_name,
                            attributes
                        from {{ relation }}
                        where quarantine_reason is null {{ "union all" if not loop.last }}
                    {%- endfor %}
                ) as records
            left join
                {{ source("meta", "source") }} as sources
                on records.source_name = sources.source_name
        ) as ranked
    where ranked.place = 1
{% endmacro %}

{# The same for records of accounts that take place at an instant, with what tells their local
   day: local_time_zone, the account's own or else the business's, and as_of. #}
{% macro one_row_per_key_in_local_time(entity, staged) %}
    select
        unified.*, context.as_of, coalesce(accounts.time_zone, context.time_zone) as local_time_zone
    from ({{ one_row_per_key(entity, staged) }}) as unified
    cross join {{ source("meta", "context") }} as context
    left join {{ ref("accounts") }} as accounts on unified.account_id = accounts.account_id
{% endmacro %}

{# Column names in quotes, after the name of their relation. #}
{% macro quoted(columns, relation) %}
    {% set names = [] %}
    {% for name in columns %} {% do names.append(relation ~ '."' ~ name ~ '"') %} {% endfor %}
    {{ return(names) }}
{% endmacro %}
