{# What the models of the case for finance share. #}
{# With fewer weeks of tracked time nothing is said about what people do by hand. #}
{% macro least_weeks_tracked() -%} 13 {%- endmacro %}

{# A share of which measured hours may be more than the whole; then it is all. NULL without a
   denominator. #}
{% macro capped_share(part, whole) -%}
    case when {{ share(part, whole) }} > 1 then 1 else {{ share(part, whole) }} end
{%- endmacro %}

{# A way of looking after accounts, without the size of the books: 1:many of 1:many[10,25). #}
{% macro model_kind(model) -%}
    case when {{ model }} like '1:many%' then '1:many' else {{ model }} end
{%- endmacro %}

{# A number as text, with so many places; the same on any engine. #}
{% macro said(number, places=0) -%}
    cast(cast(round({{ number }}, {{ places }}) as decimal(18, {{ places }})) as varchar)
{%- endmacro %}

{# The same with its sign, of a change. #}
{% macro said_change(number, places=0) -%}
    case when round({{ number }}, {{ places }}) > 0 then '+' else '' end
    || {{ said(number, places) }}
{%- endmacro %}

{# `<what> <before> -> <after>`, where the two differ as they are said; NULL else. #}
{% macro said_turn(what, before, after, places=0, unit="") -%}
    case
        when round({{ before }}, {{ places }}) <> round({{ after }}, {{ places }})
        then
            '{{ what }} '
            || {{ said(before, places) }}
            || '{{ unit }} -> '
            || {{ said(after, places) }}
            || '{{ unit }}'
    end
{%- endmacro %}

{# What changed in a quarter, a sentence a fact, from the columns of mart_quarterly_review and those
   with `_before`; NULL where nothing did. #}
{% macro what_changed_in_quarter() -%}
    {{
        list_of_known(
            [
                said_turn("accounts", "accounts_before", "accounts"),
                said_turn(
                    "accounts a person",
                    "accounts_per_fte_before",
                    "accounts_per_fte",
                    1,
                ),
                said_turn(
                    "accounts a person could look after",
                    "implied_accounts_per_fte_before",
                    "implied_accounts_per_fte",
                    1,
                ),
                "case when round(needed_fte_change, 2) <> 0 then 'people needed '"
                ~ " || "
                ~ said_change("needed_fte_change", 2)
                ~ " || ': accounts ' || "
                ~ said_change("accounts_effect", 2)
                ~ " || ', standards ' || "
                ~ said_change("standards_effect", 2)
                ~ " || ', reactive ' || "
                ~ said_change("reactive_effect", 2)
                ~ " || ', hours a person ' || "
                ~ said_change("supply_effect", 2)
                ~ " end",
                said_turn(
                    "covered",
                    "100 * account_cts_before",
                    "100 * account_cts",
                    0,
                    " %",
                )
                ~ " || case when is_coverage_change_separated then ', beyond chance' else '' end",
                said_turn(
                    "renewed",
                    "100 * logo_renewal_rate_before",
                    "100 * logo_renewal_rate",
                    0,
                    " %",
                ),
                said_turn("GRR", "100 * grr_before", "100 * grr", 0, " %"),
                said_turn("NRR", "100 * nrr_before", "100 * nrr", 0, " %"),
                said_turn(
                    "reactive time",
                    "100 * reactive_share_before",
                    "100 * reactive_share",
                    0,
                    " %",
                ),
                "case when accounts_changed_tier > 0 then 'from another tier: ' || "
                ~ said("accounts_changed_tier")
                ~ " end",
                "case when accounts_changed_model > 0 then 'now looked after in another way: ' || "
                ~ said("accounts_changed_model")
                ~ " end",
                "case when need_mix_shift > 0.10 then 'what takes the hours shifted by ' || "
                ~ said("100 * need_mix_shift")
                ~ " || ' %' end",
                "'released: ' || " ~ list_text("releases"),
            ]
        )
    }}
{%- endmacro %}
