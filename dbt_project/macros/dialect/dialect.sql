{# What DuckDB and Spark SQL say differently. Models past staging use these and otherwise only what
   the two share. #}
{# The local day of an instant. #}
{% macro local_date(instant, time_zone) -%}
    {{ return(adapter.dispatch("local_date")(instant, time_zone)) }}
{%- endmacro %}
{% macro duckdb__local_date(instant, time_zone) -%}
    cast(timezone({{ time_zone }}, {{ instant }}) as date)
{%- endmacro %}
{% macro spark__local_date(instant, time_zone) -%}
    to_date(from_utc_timestamp({{ instant }}, {{ time_zone }}))
{%- endmacro %}

{# A date some days later (earlier where negative). #}
{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch("add_days")(date, days)) }}
{%- endmacro %}
{% macro duckdb__add_days(date, days) -%} ({{ date }} + cast({{ days }} as integer)) {%- endmacro %}
{% macro spark__add_days(date, days) -%} date_add({{ date }}, {{ days }}) {%- endmacro %}

{# Days from one date to a later one; negative to an earlier one. #}
{% macro days_between(earlier, later) -%}
    {{ return(adapter.dispatch("days_between")(earlier, later)) }}
{%- endmacro %}
{% macro duckdb__days_between(earlier, later) -%} ({{ later }} - {{ earlier }}) {%- endmacro %}
{% macro spark__days_between(earlier, later) -%}
    datediff({{ later }}, {{ earlier }})
{%- endmacro %}

{# True from Monday to Friday. #}
{% macro is_weekday(date) -%} {{ return(adapter.dispatch("is_weekday")(date)) }} {%- endmacro %}
{% macro duckdb__is_weekday(date) -%} (isodow({{ date }}) < 6) {%- endmacro %}
{% macro spark__is_weekday(date) -%}(weekday({{ date }}) < 5) {%- endmacro %}

{# The first day of each quarter that begins after one date, up to another, as a list. #}
{% macro quarters_after(date, last) -%}
    {{ return(adapter.dispatch("quarters_after")(date, last)) }}
{%- endmacro %}
{% macro duckdb__quarters_after(date, last) -%}
    generate_series(
        date_trunc('quarter', {{ date }}) + interval 3 month, {{ last }}, interval 3 month
    )
{%- endmacro %}
{% macro spark__quarters_after(date, last) -%}
    filter(
        sequence(
            add_months(trunc({{ date }}, 'quarter'), 3),
            add_months(trunc({{ last }}, 'quarter'), 3),
            interval 3 month
        ),
        x -> x <= {{ last }}
    )
{%- endmacro %}

{# Minutes from one instant to a later one, with fractions. #}
{% macro minutes_between(earlier, later) -%}
    {{ return(adapter.dispatch("minutes_between")(earlier, later)) }}
{%- endmacro %}
{% macro duckdb__minutes_between(earlier, later) -%}
    ((epoch_ms({{ later }}) - epoch_ms({{ earlier }})) / 60000.0)
{%- endmacro %}
{% macro spark__minutes_between(earlier, later) -%}
    ((unix_millis({{ later }}) - unix_millis({{ earlier }})) / 60000.0)
{%- endmacro %}

{# The first day of each month from one date's month to another's, as a list. #}
{% macro months_between_dates(first, last) -%}
    {{ return(adapter.dispatch("months_between_dates")(first, last)) }}
{%- endmacro %}
{% macro duckdb__months_between_dates(first, last) -%}
    generate_series(
        date_trunc('month', {{ first }}), date_trunc('month', {{ last }}), interval 1 month
    )
{%- endmacro %}
{% macro spark__months_between_dates(first, last) -%}
    sequence(trunc({{ first }}, 'month'), trunc({{ last }}, 'month'), interval 1 month)
{%- endmacro %}

{# One row an element of a list. #}
{% macro rows_of(list) -%} {{ return(adapter.dispatch("rows_of")(list)) }} {%- endmacro %}
{% macro duckdb__rows_of(list) -%} unnest({{ list }}) {%- endmacro %}
{% macro spark__rows_of(list) -%} explode({{ list }}) {%- endmacro %}

{# The n smallest values of a group, in order; bounded, whatever the size of the group. #}
{% macro smallest(value, n, condition="true") -%}
    {{ return(adapter.dispatch("smallest")(value, n, condition)) }}
{%- endmacro %}
{% macro duckdb__smallest(value, n, condition) -%}
    min({{ value }}, {{ n }}) filter (where {{ condition }})
{%- endmacro %}
{% macro spark__smallest(value, n, condition) -%}
    slice(array_sort(collect_list({{ value }}) filter (where {{ condition }})), 1, {{ n }})
{%- endmacro %}

{# The distinct elements of a group's lists, sorted; NULL where no list holds any. #}
{% macro union_of_lists(list) -%}
    {{ return(adapter.dispatch("union_of_lists")(list)) }}
{%- endmacro %}
{% macro duckdb__union_of_lists(list) -%}
    nullif(list_sort(list_distinct(flatten(array_agg({{ list }})))), [])
{%- endmacro %}
{% macro spark__union_of_lists(list) -%}
    nullif(array_sort(array_distinct(flatten(collect_list({{ list }})))), array())
{%- endmacro %}

{# The elements of one list that another does not have. #}
{% macro list_without(list, others) -%}
    {{ return(adapter.dispatch("list_without")(list, others)) }}
{%- endmacro %}
{% macro duckdb__list_without(list, others) -%}
    list_filter({{ list }}, lambda x: not list_contains({{ others }}, x))
{%- endmacro %}
{% macro spark__list_without(list, others) -%}
    array_except({{ list }}, {{ others }})
{%- endmacro %}

{# A list, and after it those elements of another that `wanted` has and it does not; NULL where there
   is none. #}
{% macro list_with(list, others, wanted) -%}
    {{ return(adapter.dispatch("list_with")(list, others, wanted)) }}
{%- endmacro %}
{% macro duckdb__list_with(list, others, wanted) -%}
    nullif(
        list_concat(
            {{ list }},
            list_filter(
                {{ others }},
                lambda x:list_contains({{ wanted }}, x)
                and not coalesce(list_contains({{ list }}, x), false)
            )
        ),
        []
    )
{%- endmacro %}
{% macro spark__list_with(list, others, wanted) -%}
    nullif(
        concat(
            coalesce({{ list }}, array()),
            array_except(
                array_intersect(coalesce({{ others }}, array()), {{ wanted }}),
                coalesce({{ list }}, array())
            )
        ),
        array()
    )
{%- endmacro %}

{# The number of elements of a list. #}
{% macro list_length(list) -%} {{ return(adapter.dispatch("list_length")(list)) }} {%- endmacro %}
{% macro duckdb__list_length(list) -%} len({{ list }}) {%- endmacro %}
{% macro spark__list_length(list) -%} size({{ list }}) {%- endmacro %}

{# The text of a list, for a message. #}
{% macro list_text(list) -%} array_to_string({{ list }}, ', ') {%- endmacro %}

{# A stable fingerprint of some columns: equal values give an equal text, on any day and machine. #}
{% macro fingerprint(columns) -%}
    md5(
        concat_ws(
            chr(31)
            {%- for column in columns %}
                , coalesce(cast({{ column }} as varchar), chr(30))
            {%- endfor %}
        )
    )
{%- endmacro %}

{# A number that equal values give, and others as good as never; such numbers can be summed. DuckDB's
   own hash() gives texts that are alike the same number too often: one in a thousand was seen. #}
{% macro row_hash(columns) -%} {{ return(adapter.dispatch("row_hash")(columns)) }} {%- endmacro %}
{% macro duckdb__row_hash(columns) -%}
    md5_number_lower(
        concat_ws(
            chr(31)
            {%- for column in columns %}
                , coalesce(cast({{ column }} as varchar), chr(30))
            {%- endfor %}
        )
    )
{%- endmacro %}
{% macro spark__row_hash(columns) -%}
    cast(xxhash64({{ columns | join(", ") }}) as decimal(20))
{%- endmacro %}

{# True where a schema has all of these tables. #}
{% macro all_tables_exist(schema, names) -%}
    {{ return(adapter.dispatch("all_tables_exist")(schema, names)) }}
{%- endmacro %}
{% macro duckdb__all_tables_exist(schema, names) -%}
    (
        select count(*) = {{ names | length }}
        from duckdb_tables()
        where
            database_name = current_database()
            and schema_name = '{{ schema }}'
            and table_name in ('{{ names | join("', '") }}')
    )
{%- endmacro %}
{% macro spark__all_tables_exist(schema, names) -%}
    (
        select count(*) = {{ names | length }}
        from system.information_schema.tables
        where table_schema = '{{ schema }}' and table_name in ('{{ names | join("', '") }}')
    )
{%- endmacro %}

{# A sum of amounts that is the same in whatever order the rows come, as a sum of floating-point
   numbers is not; to so many places after the point. #}
{% macro exact_sum(amount, places=6) -%}
    cast(sum(cast({{ amount }} as decimal(28, {{ places }}))) as double)
{%- endmacro %}

{# How alike two texts are, from 0 to 1 (Jaro-Winkler). #}
{% macro text_similarity(one, other) -%}
    {{ return(adapter.dispatch("text_similarity")(one, other)) }}
{%- endmacro %}
{% macro duckdb__text_similarity(one, other) -%}
    jaro_winkler_similarity({{ one }}, {{ other }})
{%- endmacro %}
{% macro spark__text_similarity(one, other) -%}
    -- Spark SQL has no Jaro-Winkler: register a function of this name.
    jaro_winkler_similarity({{ one }}, {{ other }})
{%- endmacro %}

{# One JSON object of a group's objects: of a key in several, the value of the first that is not
   null. #}
{% macro merged_json(object, place) -%}
    {{ return(adapter.dispatch("merged_json")(object, place)) }}
{%- endmacro %}
{% macro duckdb__merged_json(object, place) -%}
    case
        when count({{ object }}) < 2
        then min_by({{ object }}, {{ place }})
        else
            list_reduce(
                array_agg(json_merge_patch('{}', {{ object }}) order by {{ place }} desc) filter (
                    where {{ object }} is not null
                ),
                lambda x,
                y:json_merge_patch(x, y)
            )
    end
{%- endmacro %}

{# A JSON object of some values by name. #}
{% macro json_of(values) -%} {{ return(adapter.dispatch("json_of")(values)) }} {%- endmacro %}
{% macro duckdb__json_of(values) -%}
    json_object(
        {%- for name, value in values.items() %}
            '{{ name }}', {{ value }} {{- "," if not loop.last }}
        {%- endfor %}
    )
{%- endmacro %}
{% macro spark__json_of(values) -%}
    to_json(
        named_struct(
            {%- for name, value in values.items() %}
                '{{ name }}', {{ value }} {{- "," if not loop.last }}
            {%- endfor %}
        )
    )
{%- endmacro %}

{# The first element of a list; NULL of an empty one. #}
{% macro first_of(list) -%} {{ return(adapter.dispatch("first_of")(list)) }} {%- endmacro %}
{% macro duckdb__first_of(list) -%} {{ list }} [1] {%- endmacro %}
{% macro spark__first_of(list) -%} get({{ list }}, 0) {%- endmacro %}

{# A field of each element of a list of records, in order. #}
{% macro each_field(list, field) -%}
    {{ return(adapter.dispatch("each_field")(list, field)) }}
{%- endmacro %}
{% macro duckdb__each_field(list, field) -%}
    list_transform({{ list }}, lambda x:x.{{ field }})
{%- endmacro %}
{% macro spark__each_field(list, field) -%} {{ list }}.{{ field }} {%- endmacro %}

{# Each text of a list in lower case. #}
{% macro each_lower(list) -%} {{ return(adapter.dispatch("each_lower")(list)) }} {%- endmacro %}
{% macro duckdb__each_lower(list) -%} list_transform({{ list }}, lambda x:lower(x)) {%- endmacro %}
{% macro spark__each_lower(list) -%} transform({{ list }}, x -> lower(x)) {%- endmacro %}

{# Each day from one date to another, both included, as a list. #}
{% macro days_between_dates(first, last) -%}
    {{ return(adapter.dispatch("days_between_dates")(first, last)) }}
{%- endmacro %}
{% macro duckdb__days_between_dates(first, last) -%}
    generate_series({{ first }}, {{ last }}, interval 1 day)
{%- endmacro %}
{% macro spark__days_between_dates(first, last) -%}
    sequence({{ first }}, {{ last }}, interval 1 day)
{%- endmacro %}

{# True where a regular expression is found in a text, whatever its case. #}
{% macro is_found(text, pattern) -%}
    {{ return(adapter.dispatch("is_found")(text, pattern)) }}
{%- endmacro %}
{% macro duckdb__is_found(text, pattern) -%}
    regexp_matches({{ text }}, {{ pattern }}, 'i')
{%- endmacro %}
{% macro spark__is_found(text, pattern) -%}
    {{ text }} rlike concat('(?i)', {{ pattern }})
{%- endmacro %}

{# True where a list has an element; NULL where there is no list. #}
{% macro has_element(list, element) -%}
    {{ return(adapter.dispatch("has_element")(list, element)) }}
{%- endmacro %}
{% macro duckdb__has_element(list, element) -%}
    list_contains({{ list }}, {{ element }})
{%- endmacro %}
{% macro spark__has_element(list, element) -%}
    array_contains({{ list }}, {{ element }})
{%- endmacro %}

{# A named value of a JSON object, as a type; NULL where it is not there. #}
{% macro json_value(object, name, data_type) -%}
    {{ return(adapter.dispatch("json_value")(object, name, data_type)) }}
{%- endmacro %}
{% macro duckdb__json_value(object, name, data_type) -%}
    {% if data_type.endswith("[]") -%} cast({{ object }} -> '$.{{ name }}' as {{ data_type }})
    {%- else -%} cast({{ object }} ->> '$.{{ name }}' as {{ data_type }})
    {%- endif %}
{%- endmacro %}
{% macro spark__json_value(object, name, data_type) -%}
    {% if data_type.endswith("[]") -%}
        from_json(get_json_object({{ object }}, '$.{{ name }}'), 'array<string>')
    {%- else -%} cast(get_json_object({{ object }}, '$.{{ name }}') as {{ data_type }})
    {%- endif %}
{%- endmacro %}

{# Of the rows of a group that have a value, that of the row of the lowest rank; where there is a
   condition, of those that meet it. #}
{% macro first_filled(column, rank, condition) -%}
    {{ return(adapter.dispatch("first_filled")(column, rank, condition)) }}
{%- endmacro %}
{% macro duckdb__first_filled(column, rank, condition) -%}
    {# It passes over rows without a value by itself, in less time than a filter takes. #}
    min_by({{ column }}, {{ rank }}) {%- if condition %} filter (where {{ condition }}) {%- endif %}
{%- endmacro %}
{% macro spark__first_filled(column, rank, condition) -%}
    min_by({{ column }}, {{ rank }}) filter (
        where {{ column }} is not null {%- if condition %} and {{ condition }} {%- endif %}
    )
{%- endmacro %}
