{# A table of the pipeline's own that lasts. No source: dbt would have it made before what makes it. #}
{% macro kept_from_night_to_night(name) %}
    {{
        return(
            api.Relation.create(database=target.database, schema="meta", identifier=name) | string
        )
    }}
{% endmacro %}
