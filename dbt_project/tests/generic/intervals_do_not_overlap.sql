{# Half-open intervals [valid_from, valid_to) that are empty, or begin before the one before them of
   the same `of` has ended. #}
{% test intervals_do_not_overlap(model, of) %}
    select *
    from
        (
            select
                "{{ of }}",
                valid_from,
                valid_to,
                max(coalesce(valid_to, date '9999-12-31')) over (
                    partition by "{{ of }}"
                    order by valid_from
                    rows between unbounded preceding and 1 preceding
                ) as valid_to_before
            from {{ model }}
        ) as intervals
    where valid_from < valid_to_before or valid_from >= valid_to
{% endtest %}
