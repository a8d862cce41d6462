{# A Salesforce id in its 18-character form. Reports and formula fields show the first 15, where
   only upper and lower case tell ids apart; the rest says which letters are upper case. What is no
   id stays as it is. #}
{% macro salesforce_id(text) -%}
    case
        when regexp_full_match({{ text }}, '[a-zA-Z0-9]{15}')
        then
            {{ text }}
            {%- for block in range(3) %}
                || substr(
                    'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345',
                    1
                    {%- for place in range(5) %}
                        + case
                            when
                                substr({{ text }}, {{ block * 5 + place + 1 }}, 1)
                                between 'A' and 'Z'
                            then {{ 2**place }}
                            else 0
                        end
                    {%- endfor %},
                    1
                )
            {%- endfor %}
        else {{ text }}
    end
{%- endmacro %}

{# The mapped fields of a record, with ids among the named ones in their 18-character form. #}
{% macro salesforce_overrides(overrides, id_fields) -%}
    map_from_entries(
        list_transform(
            map_entries({{ overrides }}),
            lambda entry:struct_pack(
                key := entry.key,
                value := case
                    when
                        entry.key in (
                            {% for field in id_fields -%}
                                '{{ field }}'{{ ", " if not loop.last }}
                            {%- endfor %}
                        )
                    then {{ salesforce_id("entry.value") }}
                    else entry.value
                end
            )
        )
    )
{%- endmacro %}
