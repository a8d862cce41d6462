{# Rows whose key is not unique, or has an empty part (other than those in `may_be_null`). Not run
   at night, where the shape check looks at keys. #}
{% test unique_combination(model, columns, may_be_null=[]) %}
    {{ config(tags=["grain"]) }}
    select {% for name in columns %} "{{ name }}", {% endfor %} count(*) as row_count
    from {{ model }}
    group by {% for name in columns %} "{{ name }}" {{- "," if not loop.last }} {% endfor %}
    having
        count(*) > 1
        {% for name in columns if name not in may_be_null %} or "{{ name }}" is null {% endfor %}
{% endtest %}
