{# The domain in a web address or an email address, in lower case without www; NULL for a text
   that holds none. #}
{% macro domain_of(text) -%}
    nullif(
        regexp_extract(
            lower(trim({{ text }})),
            '^(?:[a-z][a-z0-9+.-]*://)?(?:[^/@\s]*@)?(?:www\.)?([a-z0-9-]+(?:\.[a-z0-9-]+)+)',
            1
        ),
        ''
    )
{%- endmacro %}
