{# The words of an HTML text: without its tags, spaces in one; NULL where nothing is left. #}
{% macro text_of_html(html) -%}
    nullif(
        trim(
            regexp_replace(
                replace(
                    replace(
                        replace(
                            replace(
                                replace(
                                    replace(
                                        regexp_replace({{ html }}, '<[^>]*>', ' ', 'g'),
                                        '&nbsp;',
                                        ' '
                                    ),
                                    '&lt;',
                                    '<'
                                ),
                                '&gt;',
                                '>'
                            ),
                            '&quot;',
                            '"'
                        ),
                        '&#39;',
                        ''''
                    ),
                    '&amp;',
                    '&'
                ),
                '\s+',
                ' ',
                'g'
            )
        ),
        ''
    )
{%- endmacro %}
