{# A text with the characters that &#39; and &#x27; stand for; what stands for none stays as it is, and
   an ampersand becomes its name. #}
{% macro numbered_characters(text) -%}
    array_to_string(
        list_transform(
            list_transform(
                string_split({{ text }}, '&#'),
                lambda part:struct_pack(
                    written := part,
                    code := coalesce(
                        try_cast(regexp_extract(part, '^([0-9]{1,7});', 1) as integer),
                        try_cast(
                            '0x' || regexp_extract(part, '^[xX]([0-9a-fA-F]{1,6});', 1) as integer
                        )
                    )
                )
            ),
            lambda part,
            place: case
                when place = 1
                then part.written
                -- What follows it must not be read as the name of another character.
                when part.code = 38
                then '&amp;' || substr(part.written, strpos(part.written, ';') + 1)
                when part.code between 1 and 55295 or part.code between 57344 and 1114111
                then chr(part.code) || substr(part.written, strpos(part.written, ';') + 1)
                else '&#' || part.written
            end
        ),
        ''
    )
{%- endmacro %}

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
                                        {{
                                            numbered_characters(
                                                "regexp_replace("
                                                ~ html
                                                ~ ", '<[^>]*>', ' ', 'g')"
                                            )
                                        }},
                                        '&nbsp;',
                                        chr(160)
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
                        chr(160),
                        ' '
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
