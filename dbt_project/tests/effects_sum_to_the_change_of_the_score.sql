-- Accounts whose score moved by another number of points than its measures and the model moved it;
-- scores themselves are rounded to a billionth.
select account_id, from_on
from {{ ref("fct_health_change") }}
group by account_id, from_on
having
    abs(
        sum(score_effect + availability_effect + config_effect)
        - (max(computed_score_to) - max(computed_score_from))
    )
    > 0.000000002
