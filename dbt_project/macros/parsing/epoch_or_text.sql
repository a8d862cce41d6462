{# An instant as ISO text, from epoch milliseconds or from ISO text, which is UTC where it names no
   offset; a mere date stays one, and what is neither stays as it is, to be counted. #}
{% macro instant_of(text) -%}
    case
        when regexp_full_match({{ text }}, '-?\d{1,14}(\.0+)?')
        then
            strftime(
                epoch_ms(cast(try_cast({{ text }} as double) as bigint)), '%Y-%m-%dT%H:%M:%S.%gZ'
            )
        when regexp_full_match({{ text }}, '\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?')
        then {{ text }} || 'Z'
        else {{ text }}
    end
{%- endmacro %}

{# A date as ISO text, from the same two forms: the day in UTC. #}
{% macro date_of(text) -%}
    case
        when regexp_full_match({{ text }}, '-?\d{1,14}(\.0+)?')
        then strftime(epoch_ms(cast(try_cast({{ text }} as double) as bigint)), '%Y-%m-%d')
        else {{ text }}
    end
{%- endmacro %}
