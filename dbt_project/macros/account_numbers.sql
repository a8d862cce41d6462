{# The accounts of a relation, each with a number that holds within one statement: numbers sort and
   join faster than ids. #}
{% macro account_numbers(relation) %}
    select account_id, cast(row_number() over (order by account_id) as integer) as account_number
    from (select distinct account_id from {{ relation }}) as ids
{% endmacro %}
