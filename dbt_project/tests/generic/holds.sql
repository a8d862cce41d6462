{# Every row meets a condition; one that cannot be told (NULL) does. #}
{% test holds(model, condition) %}
    select * from {{ model }} where not coalesce({{ condition }}, true)
{% endtest %}
