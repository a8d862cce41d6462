{# What comparisons of groups of accounts share. #}
{# Outcomes that either are so or not: their interval is Wilson's. #}
{% macro outcomes_of_yes_or_no() -%} ('coverage', 'logo_renewal', 'success_plan') {%- endmacro %}

{# Outcomes that are parts of a whole: from 0 to 1. #}
{% macro outcomes_within_one() -%}('gross_renewal', 'on_time', 'staffed_functions') {%- endmacro %}

{# The least and the most that an outcome can be; NULL where it has no such end. #}
{% macro least_of(outcome) -%}
    case
        when {{ outcome }} in {{ outcomes_within_one() }}
        then 0.0
        when {{ outcome }} = 'nps'
        then -1.0
    end
{%- endmacro %}
{% macro most_of(outcome) -%}
    case when {{ outcome }} in {{ outcomes_within_one() }} or {{ outcome }} = 'nps' then 1.0 end
{%- endmacro %}

{# Ratios of sums by group, with their intervals of 95 %: the CTEs that lead from a relation (outcome,
   account_id, part, whole, and the other columns of `keys`) to `estimated` (the keys, observations,
   accounts, value, value_low, value_high, and what `more` names). #}
{% macro estimated_outcomes(relation, keys, more={}) %}
    summed as (
        select
            {{ keys | join(", ") }},
            count(*) as observations,
            count(distinct account_id) as accounts,
            {% for name, expression in more.items() -%}
                {{ expression }} as {{ name }},
            {% endfor -%}
            {{ exact_sum("part") }} as part,
            {{ exact_sum("whole") }} as whole
        from {{ relation }}
        group by {{ keys | join(", ") }}
    ),

    -- How far a ratio of sums strays, by the residuals of its observations (Cochran 1977, 6.3).
    strayed as (
        select
            {% for key in keys -%} summed.{{ key }}, {% endfor -%}
            sqrt(
                {{ exact_sum("power(seen.part - summed.part / summed.whole * seen.whole, 2)") }}
                * max(summed.observations)
                / nullif(max(summed.observations) - 1, 0)
            )
            / max(summed.whole) as standard_error
        from summed
        inner join
            {{ relation }} as seen
            on {% for key in keys -%}
                summed.{{ key }} = seen.{{ key }} {{ "and " if not loop.last }}
            {%- endfor %}
        group by {% for key in keys -%} summed.{{ key }} {{ ", " if not loop.last }} {%- endfor %}
    ),

    estimated as (
        select
            {% for key in keys -%} summed.{{ key }}, {% endfor -%}
            summed.observations,
            summed.accounts,
            {% for name in more -%} summed.{{ name }}, {% endfor -%}
            {{ share("summed.part", "summed.whole") }} as value,
            case
                when summed.outcome in {{ outcomes_of_yes_or_no() }}
                then {{ wilson_low("summed.part", "summed.whole") }}
                when strayed.standard_error is not null
                then
                    greatest(
                        summed.part / summed.whole - {{ z95() }} * strayed.standard_error,
                        {{ least_of("summed.outcome") }}
                    )
            end as value_low,
            case
                when summed.outcome in {{ outcomes_of_yes_or_no() }}
                then {{ wilson_high("summed.part", "summed.whole") }}
                when strayed.standard_error is not null
                then
                    least(
                        summed.part / summed.whole + {{ z95() }} * strayed.standard_error,
                        {{ most_of("summed.outcome") }}
                    )
            end as value_high
        from summed
        inner join
            strayed
            on {% for key in keys -%}
                summed.{{ key }} = strayed.{{ key }} {{ "and " if not loop.last }}
            {%- endfor %}
    )
{% endmacro %}

{# Accounts a person in each book, as rows of as_of_on, unit and accounts_per_csm, from a relation like
   int_book_tier. #}
{% macro book_sizes(relation) %}
    select
        as_of_on,
        {{ unit_of("owner_user_id", "owner_pool") }} as unit,
        {{ share("sum(accounts)", "max(heads)") }} as accounts_per_csm
    from {{ relation }}
    group by as_of_on, {{ unit_of("owner_user_id", "owner_pool") }}
{% endmacro %}
