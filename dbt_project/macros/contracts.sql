{# The first day of the term that follows a number of terms of the same length: months, added to the
   first start, where the length is whole months; else days. #}
{% macro term_start(terms) -%}
    case
        when months > 0
        then {{ months_later("starts_on", "months * (" ~ terms ~ ")") }}
        else {{ add_days("starts_on", "days * (" ~ terms ~ ")") }}
    end
{%- endmacro %}

{# True where neither side of a pair of contracts has been taken before. #}
{% macro is_pair_free() -%}
    (
        not {{ list_has("matching.succeeded", "pairs.signed_contract_id") }}
        and not {{ list_has("matching.succeeding", "pairs.successor_contract_id") }}
    )
{%- endmacro %}

{# One side of a movement, at the market rate of its day; 0 where there is no such side. #}
{% macro at_market(side) -%}
    case
        when moved.currency_{{ side }} is null
        then 0
        when moved.currency_{{ side }} = context.currency
        then moved.local_{{ side }}
        else moved.local_{{ side }} * rates_{{ side }}.rate
    end
{%- endmacro %}
