{# How each account's risks are judged: which accounts it concerns, what is measured, when it is
   raised, and what shows it. Columns of `measured` and `present` in int_account_risk. #}
{% macro account_judgements() %}
    {% set hours = {"hours": "hours_0", "hours_quarter_before": "hours_1"} %}
    {% set book = {
        "lead_accounts": "lead_accounts",
        "complexity": "complexity",
        "arr": "arr",
    } %}
    {% set team = {"people": "team_people", "bus_factor": "bus_factor"} %}
    {{
        return(
            [
                judgement(
                    "cogs_gt_cltv",
                    "true",
                    "cost_to_serve_ratio",
                    "cost_to_serve_ratio > present.gross_margin",
                    {"service_cost_per_year": "service_cost_per_year", "arr": "arr"},
                ),
                judgement(
                    "spiral_to_many",
                    "model_family = '1:1' or (model_family = '1:many' and lead_accounts < present.close_book)",
                    "case when is_tracked_39w then greatest(reactive_growth, contributor_growth) end",
                    "((reactive_hours_0 > reactive_hours_1 and reactive_hours_1 > reactive_hours_2 and reactive_hours_0 >= present.spiral_min_hours and reactive_growth >= 1 + present.spiral_growth) or (contributors_0 > contributors_1 and contributors_1 > contributors_2 and contributor_growth >= 1 + present.spiral_growth)) and coalesce(success_plan_updated_on <= "
                    ~ add_days("present.as_of", -182)
                    ~ ", true)",
                    {
                        "reactive_hours": "reactive_hours_0",
                        "reactive_hours_half_year_before": "reactive_hours_2",
                        "contributors": "contributors_0",
                        "contributors_half_year_before": "contributors_2",
                    },
                ),
                judgement(
                    "lead_fully_booked",
                    "owner_email is not null",
                    "case when is_tracked_4w then lead_share end",
                    "lead_share >= present.lead_fully_booked",
                    {"lead_email": "owner_email", "lead_share": "lead_share"},
                    add_days("present.monday", -28),
                ),
                judgement(
                    "one_not_enough",
                    "true",
                    "peak_week_hours / nullif(present.net_hours_per_fte / 52, 0)",
                    "peak_week_hours > present.net_hours_per_fte / 52",
                    {
                        "peak_week_hours": "peak_week_hours",
                        "hours_of_one_person": "present.net_hours_per_fte / 52",
                    },
                ),
                judgement(
                    "unpredictable_time",
                    "model_family in ('1:1', 'many:1')",
                    "case when is_tracked_13w then weekly_cv end",
                    "weekly_cv > present.time_cv",
                    {"hours": "hours_0"},
                ),
                judgement(
                    "complex_product_in_many",
                    "model_family = '1:many'",
                    "case when complexity is not null then lead_accounts end",
                    "complexity = 'high' and lead_accounts >= present.complex_book",
                    book,
                ),
                judgement(
                    "high_arr_underserved",
                    "model_family in ('1:many', 'many:many')",
                    "case when arr < present.high_arr or (arr is not null and is_covered is not null) then lead_accounts end",
                    "arr >= present.high_arr and lead_accounts >= present.high_arr_book and not is_covered",
                    {
                        "arr": "arr",
                        "lead_accounts": "lead_accounts",
                        "quarter": "covered_quarter_start",
                        "obligation_cts": "obligation_cts",
                    },
                ),
                judgement(
                    "compounding_cost",
                    "model_family in ('many:1', '1:1')",
                    "case when is_tracked_39w then relative_growth end",
                    "relative_growth > 1 + present.cost_growth",
                    {
                        "hours": "hours_0",
                        "hours_half_year_before": "hours_2",
                        "arr": "arr_0",
                        "arr_half_year_before": "arr_2",
                    },
                ),
                judgement(
                    "resource_block",
                    "true",
                    "case when is_team_tracked_13w then supply_share end",
                    "is_team_tracked_13w and supply_share >= present.resource_block",
                    {"csm_hours": "csm_hours", "stranded_fte": "stranded_fte"},
                ),
                judgement(
                    "arr_concentration",
                    "true",
                    "arr_share",
                    "arr_share >= present.arr_concentration",
                    {
                        "arr": "arr",
                        "hours_share": "hours_share",
                        "stranded_fte": "stranded_fte",
                    },
                ),
                judgement(
                    "coordination",
                    "true",
                    "mishaps",
                    "mishaps >= present.coordination_events",
                    {
                        "double_check_ins": "double_check_ins",
                        "unanswered": "unanswered",
                    },
                ),
                judgement(
                    "too_many_hands",
                    "true",
                    "case when is_team_tracked_13w and csm_hours > 0 then fleeting_csms end",
                    "fleeting_csms > present.few_hours_csms",
                    {"csms": "csms", "csm_hours": "csm_hours"},
                ),
                judgement(
                    "no_lead",
                    "true",
                    "leads",
                    "leads = 0 or (leads > 1 and model_family in ('many:1', '1:1'))",
                    {"leads": "leads"},
                    "case when leads = 0 then left_on end",
                ),
                judgement(
                    "no_function",
                    "model_family = 'many:1'",
                    "without_function",
                    "without_function > 0",
                    team,
                ),
                judgement(
                    "no_backup",
                    "model_family = 'many:1'",
                    "case when team_people > 0 then without_backup end",
                    "without_backup > 0",
                    team,
                ),
                judgement(
                    "no_game_plan",
                    "model_family = 'many:1'",
                    "cast(has_current_success_plan as integer)",
                    "not has_current_success_plan",
                    {"updated_on": "success_plan_updated_on"},
                ),
                judgement(
                    "no_personal_touch",
                    "model_family = 'many:many'",
                    "case when touches >= present.min_touches then continuity_share end",
                    "touches >= present.min_touches and continuity_share < present.continuity",
                    {"touches": "touches", "people": "touching_people"},
                ),
            ]
        )
    }}
{% endmacro %}

{% macro judgement(id, scope, value, raised, evidence, since=none) %}
    {{
        return(
            {
                "id": id,
                "scope": scope,
                "value": value,
                "raised": raised,
                "evidence": evidence,
                "since": since,
            }
        )
    }}
{% endmacro %}
