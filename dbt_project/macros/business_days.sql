{# add_business_days(date, days) by two joins: `joined_business_day` goes with the joins of a
   select, `business_day_after` is then the day. A date that is no business day counts as the
   business day before it; NULL beyond the days that int_business_day has. #}
{% macro joined_business_day(name, calendar, date, days) %}
    left join
        {{ ref("int_business_day") }} as {{ name }}_from
        on {{ name }}_from.calendar = {{ calendar }}
        and {{ name }}_from.day = {{ date }}
    left join
        {{ ref("int_business_day") }} as {{ name }}
        on {{ name }}.calendar = {{ calendar }}
        and {{ name }}.is_business_day
        and {{ name }}.business_day_number = {{ name }}_from.business_day_number + {{ days }}
{% endmacro %}

{# The day that the joins called `name` find. #}
{% macro business_day_after(name, date, days) -%}
    case when {{ days }} = 0 then {{ date }} else {{ name }}.day end
{%- endmacro %}
