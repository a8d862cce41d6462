{# What the ledger of obligations says in DuckDB and Spark SQL differently. #}
{# The local wall clock of an instant, without a zone. #}
{% macro local_time(instant, time_zone) -%}
    {{ return(adapter.dispatch("local_time")(instant, time_zone)) }}
{%- endmacro %}
{% macro duckdb__local_time(instant, time_zone) -%}
    timezone({{ time_zone }}, {{ instant }})
{%- endmacro %}
{% macro spark__local_time(instant, time_zone) -%}
    from_utc_timestamp({{ instant }}, {{ time_zone }})
{%- endmacro %}

{# Seconds of a local wall clock since its midnight. #}
{% macro seconds_of_day(local_time) -%}
    (hour({{ local_time }}) * 3600 + minute({{ local_time }}) * 60 + second({{ local_time }}))
{%- endmacro %}

{# The first day of the month some months later. #}
{% macro months_later(month_start, months) -%}
    {{ return(adapter.dispatch("months_later")(month_start, months)) }}
{%- endmacro %}
{% macro duckdb__months_later(month_start, months) -%}
    cast({{ month_start }} + to_months(cast({{ months }} as integer)) as date)
{%- endmacro %}
{% macro spark__months_later(month_start, months) -%}
    add_months({{ month_start }}, {{ months }})
{%- endmacro %}

{# The whole numbers from one to another as a list; empty where the second is smaller. #}
{% macro numbers_between(first, last) -%}
    {{ return(adapter.dispatch("numbers_between")(first, last)) }}
{%- endmacro %}
{% macro duckdb__numbers_between(first, last) -%}
    generate_series(cast({{ first }} as bigint), cast({{ last }} as bigint))
{%- endmacro %}
{% macro spark__numbers_between(first, last) -%}
    case when {{ first }} <= {{ last }} then sequence({{ first }}, {{ last }}) else array() end
{%- endmacro %}

{# True where two lists share an element. #}
{% macro lists_share(list, other) -%}
    {{ return(adapter.dispatch("lists_share")(list, other)) }}
{%- endmacro %}
{% macro duckdb__lists_share(list, other) -%} list_has_any({{ list }}, {{ other }}) {%- endmacro %}
{% macro spark__lists_share(list, other) -%} arrays_overlap({{ list }}, {{ other }}) {%- endmacro %}

{# True where a list has the element. #}
{% macro list_has(list, element) -%}
    {{ return(adapter.dispatch("list_has")(list, element)) }}
{%- endmacro %}
{% macro duckdb__list_has(list, element) -%}
    list_contains({{ list }}, {{ element }})
{%- endmacro %}
{% macro spark__list_has(list, element) -%}
    array_contains({{ list }}, {{ element }})
{%- endmacro %}

{# A list with one more element at its end. #}
{% macro list_plus(list, element) -%}
    {{ return(adapter.dispatch("list_plus")(list, element)) }}
{%- endmacro %}
{% macro duckdb__list_plus(list, element) -%} list_append({{ list }}, {{ element }}) {%- endmacro %}
{% macro spark__list_plus(list, element) -%} array_append({{ list }}, {{ element }}) {%- endmacro %}

{# The values of a group as a list, in an order. #}
{% macro list_in_order(value, order, condition="true") -%}
    {{ return(adapter.dispatch("list_in_order")(value, order, condition)) }}
{%- endmacro %}
{% macro duckdb__list_in_order(value, order, condition) -%}
    array_agg({{ value }} order by {{ order }}) filter (where {{ condition }})
{%- endmacro %}
{% macro spark__list_in_order(value, order, condition) -%}
    transform(
        array_sort(
            collect_list(struct({{ order }}, {{ value }} as listed)) filter (where {{ condition }})
        ),
        x -> x.listed
    )
{%- endmacro %}

{# One row a key of a JSON object whose values are lists of texts: the keys, and the list of one. #}
{% macro json_keys_of(object) -%}
    {{ return(adapter.dispatch("json_keys_of")(object)) }}
{%- endmacro %}
{% macro duckdb__json_keys_of(object) -%} json_keys({{ object }}) {%- endmacro %}
{% macro spark__json_keys_of(object) -%} json_object_keys({{ object }}) {%- endmacro %}
{% macro json_texts(object, key) -%}
    {{ return(adapter.dispatch("json_texts")(object, key)) }}
{%- endmacro %}
{% macro duckdb__json_texts(object, key) -%}
    cast(json_extract({{ object }}, '$."' || {{ key }} || '"') as varchar[])
{%- endmacro %}
{% macro spark__json_texts(object, key) -%}
    from_json(get_json_object({{ object }}, '$.' || {{ key }}), 'array<string>')
{%- endmacro %}
{% macro json_text(object, key) -%}
    {{ return(adapter.dispatch("json_text")(object, key)) }}
{%- endmacro %}
{% macro duckdb__json_text(object, key) -%}
    json_extract_string({{ object }}, '$."' || {{ key }} || '"')
{%- endmacro %}
{% macro spark__json_text(object, key) -%}
    get_json_object({{ object }}, '$.' || {{ key }})
{%- endmacro %}
