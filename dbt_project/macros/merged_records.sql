{# Fields that only make sense together: those of the list come from the record that the field
   before them comes from. #}
{% macro fields_together(entity) %}
    {% set together = {
        "accounts": {
            "arr": ["currency"],
            "tier_override": [
                "tier_override_reason",
                "tier_override_by",
                "tier_override_from",
                "tier_override_to",
            ],
        },
    } %}
    {{ return(together.get(entity, {})) }}
{% endmacro %}

{# Records of the same thing from several sources as one row. `relation` has the entity's `columns`,
   source_name, attributes, the columns `by` that say what is the same, and place: 1 for the record
   that counts first. Each field has the value of the first record that has one; field_priority in
   sources.yaml may name other sources first for a field. #}
{% macro merged_records(entity, relation, by, columns) %}
    {%- set merged = columns | reject("in", by) | list -%}
    {%- set together = fields_together(entity) -%}
    {%- set companions = together.values() | sum(start=[]) | select("in", columns) | list -%}
    select
        {% for name in by -%} "{{ name }}", {% endfor -%}
        {% for name in merged -%}
            min_by("{{ name }}", "{{ name }} order") filter (
                where "{{ name }}" is not null
            ) as "{{ name }}",
        {% endfor -%}
        min_by(source_name, place) as source_name,
        {{ merged_json("attributes", "place") }} as attributes
    from
        (
            select
                {% for name in by -%} "{{ name }}", {% endfor -%}
                {% for name in merged -%}
                    {% if name not in companions -%} "{{ name }}", "{{ name }} order", {% endif -%}
                {% endfor -%}
                {% for lead, names in together.items() -%}
                    {% for name in names if name in merged -%}
                        case
                            when
                                "{{ lead }}" is not null
                                and "{{ lead }} order" = min("{{ lead }} order") filter (
                                    where "{{ lead }}" is not null
                                ) over same
                            then "{{ name }}"
                            when count("{{ lead }}") over same = 0
                            then "{{ name }}"
                        end as "{{ name }}",
                        "{{ name }} order",
                    {% endfor -%}
                {% endfor -%}
                source_name,
                place,
                attributes
            from
                (
                    select
                        records.*
                        {%- for name in merged %}
                            ,
                            coalesce(ranks."{{ name }}", 1000) * 1000000
                            + records.place as "{{ name }} order"
                        {%- endfor %}
                    from {{ relation }} as records
                    left join
                        (
                            select
                                source_name
                                {%- for name in merged %}
                                    ,
                                    min(
                                        case when field = '{{ name }}' then "rank" end
                                    ) as "{{ name }}"
                                {%- endfor %}
                            from {{ source("meta", "field_priority") }}
                            where entity = '{{ entity }}'
                            group by source_name
                        ) as ranks
                        on records.source_name = ranks.source_name
                ) as ordered
            window
                same as (
                    partition by
                        {%- for name in by %} "{{ name }}" {{- "," if not loop.last }} {%- endfor %}
                )
        ) as together
    group by {% for name in by -%} "{{ name }}" {{- "," if not loop.last }} {% endfor %}
{% endmacro %}

{# People whom several sources know by the same email, as one row; `scope` are further columns that
   must be equal. Two records of one source stay two. Of one id in two sources, the source named
   first in sources.yaml wins. #}
{% macro one_row_per_person(entity, scope=[], account_columns=[]) %}
    {%- set columns = entity_columns(entity) | map(attribute="name") | list -%}
    {%- set key = entity_key(entity)[0] if entity_key(entity) else "email" -%}
    select {% for name in columns -%} placed."{{ name }}", {% endfor -%} source_name, attributes
    from
        (
            select
                merged.*,
                row_number() over (
                    partition by "{{ key }}" order by sources.priority nulls last, person
                ) as place_of_id
            from
                (
                    {{
                        merged_records(
                            entity,
                            "(" ~ people(entity, scope, account_columns, columns, key) ~ ")",
                            ["person"],
                            columns,
                        )
                    }}
                ) as merged
            left join
                {{ source("meta", "source") }} as sources
                on merged.source_name = sources.source_name
        ) as placed
    where place_of_id = 1
{% endmacro %}

{# The records of people, with who is who: the n-th record of a source with an email is the same
   person as the n-th of another one. #}
{% macro people(entity, scope, account_columns, columns, key) %}
    select numbered.*, row_number() over (partition by person order by place_in_all) as place
    from
        (
            select
                records.*,
                concat_ws(
                    chr(31),
                    {% for name in scope -%} records."{{ name }}", {% endfor -%}
                    coalesce(records.email, chr(30) || records."{{ key }}"),
                    cast(
                        row_number() over (
                            partition by
                                {% for name in scope -%} records."{{ name }}", {% endfor -%}
                                coalesce(records.email, chr(30) || records."{{ key }}"),
                                records.source_name
                            order by {{ fingerprint(quoted(columns, "records")) }}
                        ) as varchar
                    )
                ) as person,
                row_number() over (order by {{ first_in_order(columns) }}) as place_in_all
            from ({{ records_of(entity, account_columns) }}) as records
        ) as numbered
{% endmacro %}
