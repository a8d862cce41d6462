{# The first id in a JSON text that names one or more records in whichever way: an id, an object
   with an id, or a list of either. #}
{% macro first_reference(text) -%}
    coalesce(
        json_extract_string(try_cast({{ text }} as json), '$[0].id'),
        json_extract_string(try_cast({{ text }} as json), '$[0]._id'),
        json_extract_string(try_cast({{ text }} as json), '$.id'),
        json_extract_string(try_cast({{ text }} as json), '$._id'),
        case
            when left({{ text }}, 2) = '["'
            then json_extract_string(try_cast({{ text }} as json), '$[0]')
            when left({{ text }}, 1) not in ('[', '{')
            then nullif(trim({{ text }}), '')
        end
    )
{%- endmacro %}
