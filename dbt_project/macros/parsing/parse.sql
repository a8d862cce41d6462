{# How text becomes a type: one macro a type, each giving NULL for what it cannot read. Only staging
   uses these. `text` is SQL for trimmed text that is NULL where empty. #}
{# 2026-03-31, also the date of a date with a time: 2026-03-31T10:00Z. #}
{% macro parse_date(text) -%}
    case
        when regexp_matches({{ text }}, '^\d{4}-\d{2}-\d{2}($|[T ]\d{1,2}:\d{2})')
        then try_cast(left({{ text }}, 10) as date)
    end
{%- endmacro %}

{# ISO 8601. Without an offset it is local to `time_zone`; a mere date is its midnight. #}
{% macro parse_instant(text, time_zone) -%}
    case
        when
            regexp_matches(
                {{ text }}, '^\d{4}-\d{2}-\d{2}[T ]\d{1,2}:\d{2}.*([Zz]|[+-]\d{2}(:?\d{2})?)$'
            )
        then try_cast(upper({{ text }}) as timestamptz)
        when regexp_matches({{ text }}, '^\d{4}-\d{2}-\d{2}($|[T ]\d{1,2}:\d{2})')
        then timezone({{ time_zone }}, try_cast({{ text }} as timestamp))
    end
{%- endmacro %}

{# 1234.5, 1,234.50, 1 234, $1,234: a point for decimals; a percentage or "1234,50" is not read,
   because guessing would be wrong by a factor of a hundred. #}
{% macro parse_number(text) -%}
    case
        when
            regexp_matches(
                {{ text }},
                '^[-+]?[$€£¥]?[ \x{a0}]?[-+]?(\d{1,3}([, ''\x{a0}\x{202f}]\d{3})+|\d*)(\.\d*)?([eE][-+]?\d+)?$'
            )
        then try_cast(regexp_replace({{ text }}, '[^-+0-9.eE]', '', 'g') as double)
    end
{%- endmacro %}

{# A number without a fraction; 12.0 counts, as spreadsheets write it. #}
{% macro parse_integer(text) -%}
    case
        when {{ parse_number(text) }} = floor({{ parse_number(text) }})
        then try_cast({{ parse_number(text) }} as integer)
    end
{%- endmacro %}

{# TRUE, yes, y, t, 1 and their opposites, in any case. #}
{% macro parse_boolean(text) -%}
    case
        when lower({{ text }}) in ('true', 'yes', 'y', 't', '1', '1.0')
        then true
        when lower({{ text }}) in ('false', 'no', 'n', 'f', '0', '0.0')
        then false
    end
{%- endmacro %}

{# A word of a vocabulary: "No Show" and "no-show" are no_show. #}
{% macro parse_word(text) -%} regexp_replace(lower({{ text }}), '[\s_-]+', '_', 'g') {%- endmacro %}

{# One of the accepted words, written as the vocabulary writes it. #}
{% macro parse_choice(text, accepted_values) -%}
    case
        {{ parse_word(text) }}
        {%- for word in accepted_values %} when '{{ word | lower }}' then '{{ word }}' {%- endfor %}
    end
{%- endmacro %}

{# The non-empty elements of a ;-separated list; NULL where there is none. #}
{% macro split_list(text) -%}
    nullif(
        list_filter(
            list_transform(string_split({{ text }}, ';'), lambda x:trim(x)), lambda x:x <> ''
        ),
        []
    )
{%- endmacro %}

{# The elements of a list as the vocabulary writes them; those it does not know are left out. #}
{% macro parse_list(text, column) -%}
    {%- if column.accepted_values -%}
        nullif(
            list_filter(
                list_transform({{ split_list(text) }}, lambda x:{{ parse_word("x") }}),
                lambda x:x in (
                    {% for word in column.accepted_values %}
                        '{{ word }}'{{ ", " if not loop.last }}
                    {% endfor %}
                )
            ),
            []
        )
    {%- elif column.format == "lower" -%} {{ split_list("lower(" ~ text ~ ")") }}
    {%- else -%} {{ split_list(text) }}
    {%- endif -%}
{%- endmacro %}

{# Text, in the way that its column's `format` asks for. #}
{% macro parse_text(text, column) -%}
    {%- if column.accepted_values -%} {{ parse_choice(text, column.accepted_values) }}
    {%- elif column.format == "word" -%} {{ parse_word(text) }}
    {%- elif column.format == "lower" -%} lower({{ text }})
    {%- elif column.format == "code" -%} upper({{ text }})
    {%- elif column.format == "time_zone" -%}
        case when {{ text }} in (select name from pg_timezone_names()) then {{ text }} end
    {%- else -%} {{ text }}
    {%- endif -%}
{%- endmacro %}

{# The value of a text as its column declares it: type, format and limits. #}
{% macro parse_value(text, column, time_zone) -%}
    {%- set parsed -%}
        {%- if column.data_type == "date" -%} {{ parse_date(text) }}
        {%- elif column.data_type == "timestamptz" -%} {{ parse_instant(text, time_zone) }}
        {%- elif column.data_type == "double" -%} {{ parse_number(text) }}
        {%- elif column.data_type == "integer" -%} {{ parse_integer(text) }}
        {%- elif column.data_type == "boolean" -%} {{ parse_boolean(text) }}
        {%- elif column.data_type == "varchar[]" -%} {{ parse_list(text, column) }}
        {%- elif column.data_type == "varchar" -%} {{ parse_text(text, column) }}
        {%- else -%}
            {{ exceptions.raise_compiler_error(
                column.name ~ ": no macro reads text as " ~ column.data_type
            ) }}
        {%- endif -%}
    {%- endset -%}
    {%- if column.minimum is none and column.maximum is none -%} {{ parsed }}
    {%- else -%}
        case
            when
                true
                {%- if column.minimum is not none %} and {{ parsed }} >= {{ column.minimum }}
                {%- endif %}
                {%- if column.maximum is not none %} and {{ parsed }} <= {{ column.maximum }}
                {%- endif %}
            then {{ parsed }}
        end
    {%- endif -%}
{%- endmacro %}
