{# Statistics that more than one mart needs. #}
{# A share; NULL without a denominator. #}
{% macro share(part, whole) -%}
    (cast({{ part }} as double) / nullif(cast({{ whole }} as double), 0))
{%- endmacro %}

{# Wilson's interval of 95 % for `successes` of `trials`: its lower or upper end, within [0, 1], and
   never inside the share itself. NULL without trials. #}
{% macro wilson_low(successes, trials) -%}
    case
        when {{ trials }} > 0
        then
            least(
                {{ share(successes, trials) }},
                greatest(
                    0,
                    {{ wilson_centre(successes, trials) }} - {{ wilson_margin(successes, trials) }}
                )
            )
    end
{%- endmacro %}
{% macro wilson_high(successes, trials) -%}
    case
        when {{ trials }} > 0
        then
            greatest(
                {{ share(successes, trials) }},
                least(
                    1,
                    {{ wilson_centre(successes, trials) }} + {{ wilson_margin(successes, trials) }}
                )
            )
    end
{%- endmacro %}
{% macro wilson_centre(successes, trials) -%}
    (({{ successes }} + {{ z95() }} * {{ z95() }} / 2) / ({{ trials }} + {{ z95() }} * {{ z95() }}))
{%- endmacro %}
{% macro wilson_margin(successes, trials) -%}
    (
        {{ z95() }} * sqrt(
            {{ successes }}
            * ({{ trials }} - {{ successes }})
            / nullif(cast({{ trials }} as double), 0)
            + {{ z95() }} * {{ z95() }} / 4
        )
        / ({{ trials }} + {{ z95() }} * {{ z95() }})
    )
{%- endmacro %}

{# The two-sided 95 % quantile of the normal distribution. #}
{% macro z95() -%} cast(1.959963984540054 as double) {%- endmacro %}

{# A whole number from 0 to 2^32 - 1 that a text stands for: the seed of what is drawn for it. #}
{% macro seed_of(text) -%} {{ return(adapter.dispatch("seed_of")(text)) }} {%- endmacro %}
{% macro duckdb__seed_of(text) -%} cast('0x' || left(md5({{ text }}), 8) as bigint) {%- endmacro %}
{% macro spark__seed_of(text) -%}
    cast(conv(left(md5({{ text }}), 8), 16, 10) as bigint)
{%- endmacro %}

{# One of the two rounds that turn neighbouring numbers below 2^32 into unrelated ones; after both,
   `folded`. Exact in 64 bits, so that any engine draws the same. #}
{% macro scrambled(number) -%}(({{ folded(number) }} * 73244475) & 4294967295) {%- endmacro %}
{% macro folded(number) -%} {{ return(adapter.dispatch("folded")(number)) }} {%- endmacro %}
{% macro duckdb__folded(number) -%} xor({{ number }} >> 16, {{ number }}) {%- endmacro %}
{% macro spark__folded(number) -%}(shiftright({{ number }}, 16) ^ {{ number }}) {%- endmacro %}
