-- Which distribution model fits each active account, by how many of its criteria hold, and how that
-- differs from how it is served.
{% set criteria = model_criteria() %}
{% set slugs = model_slugs() %}
{# What must stand before a model can be run, by name: for which models, and SQL that is true where it
   does. #}
{% set readiness = {
    "named_lead": (["1:1", "1:many", "many:1"], "accounts.has_lead"),
    "pool": (["many:many"], "accounts.lead_pool is not null"),
    "health_score": (
        ["1:1", "1:many", "many:1", "many:many"],
        "accounts.health_band in ('green', 'yellow', 'red')",
    ),
    "success_plan": (["1:1", "many:1"], "accounts.has_current_success_plan"),
    "backup": (["1:1", "many:1"], "accounts.has_backup"),
    "functions": (
        ["many:1"],
        "coalesce(" ~ list_length("accounts.missing_functions") ~ ", 0) = 0",
    ),
    "playbooks": (["1:many", "many:many"], "accounts.playbooks > 0"),
    "automation": (["1:many", "many:many"], "accounts.automated_standards > 0"),
} %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    reasoned as (select * from {{ ref("int_model_fit") }}),

    settings as (
        select settings.said
        from
            (
                {{
                    distribution_settings(
                        {
                            "functions": "MAP(VARCHAR, VARCHAR[])",
                            "gross_margin": "DOUBLE",
                            "expected_life_years": "DOUBLE",
                            "lead_changes_12m": "INTEGER",
                            "lead_tenure_d": "INTEGER",
                        }
                    )
                }}
            ) as settings
        inner join context on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    standing as (select * from {{ ref("mart_account_360") }}),

    digital as (
        select services.account_id, services.is_digital_eligible
        from {{ ref("int_digital_service") }} as services
        inner join context on services.day = context.as_of
    ),

    backups as (
        select distinct assignments.account_id
        from {{ ref("account_assignment_scd2") }} as assignments
        inner join
            context on {{ holds_on("assignments", "valid_from", "valid_to", "context.as_of") }}
        where assignments.role = 'backup'
    ),

    function_words as (
        select need, {{ rows_of("words") }} as word
        from
            (
                select
                    {{ rows_of("map_keys(said.functions)") }} as need,
                    {{ rows_of("map_values(said.functions)") }} as words
                from settings
            ) as functions
    ),

    functions_at_hand as (select account_id, {{ rows_of("functions") }} as function from reasoned),

    staffed as (
        select
            functions_at_hand.account_id,
            {{ union_of_lists("[function_words.need]") }} as staffed_functions
        from functions_at_hand
        inner join
            function_words on contains(functions_at_hand.function, lower(function_words.word))
        group by functions_at_hand.account_id
    ),

    needed as (
        select
            account_id,
            {{
                list_of_known(
                    [
                        "case when is_strategy_needed then 'goals' end",
                        "case when open_implementations > 0 then 'implementation' end",
                        "case when open_migrations > 0 then 'migration' end",
                        "case when open_trainings > 0 then 'training' end",
                    ]
                )
            }} as needed_functions
        from reasoned
    ),

    candidates as (
        {% for model in ["1:many", "many:many", "1:1", "many:1"] -%}
            {% set slug = slugs[model] -%}
            {% set text = "fit_band" if model == "1:many" else "'" ~ model ~ "'" -%}
            select
                account_id,
                '{{ model }}' as model,
                {{ text }} as model_id,
                fit_{{ slug }} as fit,
                coalesce({{ text }} = current_model, false) as is_current,
                {{ loop.index }} as place
            from reasoned
            where reason_{{ slug }} = 'lower_fit'
            {% if not loop.last -%}
                union all
            {% endif -%}
        {% endfor %}
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by account_id
                order by fit desc, case when is_current then 0 else 1 end, place
            ) as fit_rank
        from candidates
    ),

    best as (select account_id, model, model_id from ranked where fit_rank = 1),

    accounts as (
        select
            reasoned.*,
            best.model as best_of_four,
            best.model_id as best_model,
            reasoned.lead_user_email is not null as has_lead,
            standing.name,
            standing.health_band,
            standing.has_current_success_plan,
            backups.account_id is not null as has_backup,
            digital.is_digital_eligible,
            needed.needed_functions,
            staffed.staffed_functions,
            {{ list_without("needed.needed_functions", "coalesce(staffed.staffed_functions, [])") }}
            as missing_functions,
            case
                reasoned.observed_model
                {% for model, slug in slugs.items() -%}
                    when '{{ model }}'
                    then
                        {{
                            (
                                "reasoned.fit_current_band"
                                if model == "1:many"
                                else "reasoned.fit_" ~ slug
                            )
                        }}
                {% endfor -%}
            end as current_fit,
            case
                when reasoned.current_model is not null
                then
                    not coalesce(reasoned.is_current_allowed, true)
                    or not coalesce(reasoned.on_current_acv, true)
                    or coalesce(
                        case
                            reasoned.observed_model
                            {% for model, slug in slugs.items() -%}
                                when '{{ model }}'
                                then
                                    coalesce(reasoned.is_blocked_{{ slug }}, false)
                                    {%- if model in ("1:1", "many:1") %}
                                        or reasoned.satisfied_{{ slug }}
                                        < reasoned.min_criteria_{{ slug }}
                                    {%- endif %}
                            {% endfor -%}
                        end,
                        false
                    )
            end as is_misfit,
            case
                when reasoned.is_tracked_12m
                then reasoned.service_hours_12m
                else reasoned.required_hours
            end
            * reasoned.cost_per_hour as service_cost_per_year
        from reasoned
        inner join standing on reasoned.account_id = standing.account_id
        left join best on reasoned.account_id = best.account_id
        left join backups on reasoned.account_id = backups.account_id
        left join digital on reasoned.account_id = digital.account_id
        left join needed on reasoned.account_id = needed.account_id
        left join staffed on reasoned.account_id = staffed.account_id
    ),

    ready as (
        select
            accounts.*,
            case
                accounts.best_of_four
                {% for model in slugs -%}
                    when '{{ model }}'
                    then
                        {% set missing = [] -%}
                        {% for name, item in readiness.items() if model in item[0] -%}
                            {% do missing.append(
                                "case when not coalesce("
                                ~ item[1]
                                ~ ", false) then '"
                                ~ name
                                ~ "' end"
                            ) %}
                        {%- endfor -%}
                        coalesce({{ list_of_known(missing) }}, [])
                {% endfor -%}
            end as readiness_missing,
            case
                accounts.best_of_four
                {% for model in slugs -%}
                    {% set items = [] -%}
                    {% for name, item in readiness.items() if model in item[0] -%}
                        {% do items.append(name) %}
                    {%- endfor -%}
                    when '{{ model }}'
                    then {{ items | length }}
                {% endfor -%}
            end as readiness_items
        from accounts
    ),

    final as (
        select
            ready.account_id,
            ready.name,
            ready.tier_id,
            ready.touch,
            ready.arr,
            ready.acv,
            ready.arr_rate as arr_share,
            ready.segment,
            ready.complexity,
            ready.lead_user_id,
            ready.lead_pool,
            cast(ready.lead_accounts as integer) as lead_accounts,
            ready.lead_since_on,
            cast(
                {{ days_between("ready.lead_since_on", "context.as_of") }} as integer
            ) as lead_tenure_days,
            cast(ready.lead_changes_12m as integer) as lead_changes_12m,
            ready.lead_changes_12m >= settings.said.lead_changes_12m as is_lead_changed_often,
            ready.has_lead
            and coalesce(
                {{ days_between("ready.lead_since_on", "context.as_of") }}
                > settings.said.lead_tenure_d,
                false
            ) as is_lead_long_unchanged,
            ready.current_model,
            ready.current_fit,
            ready.is_current_allowed as is_allowed,
            ready.override_model,
            ready.fit_1to1,
            ready.evaluable_share_1to1 as evaluable_1to1_share,
            ready.is_blocked_1to1,
            ready.fit_band as fit_1tomany_band,
            ready.fit_1tomany,
            ready.evaluable_share_1tomany as evaluable_1tomany_share,
            ready.is_blocked_1tomany,
            ready.fit_manyto1,
            ready.evaluable_share_manyto1 as evaluable_manyto1_share,
            ready.is_blocked_manyto1,
            ready.fit_manytomany,
            ready.evaluable_share_manytomany as evaluable_manytomany_share,
            ready.is_blocked_manytomany,
            ready.best_model,
            ready.is_misfit,
            case
                when ready.is_misfit and ready.current_model <> ready.best_model
                then concat(ready.current_model, ' → ', ready.best_model)
            end as gap,
            case
                when not ready.is_misfit or ready.current_model = ready.best_model
                then null
                when {{ closeness("ready.best_model") }} < {{ closeness("ready.current_model") }}
                then 'closer'
                when {{ closeness("ready.best_model") }} > {{ closeness("ready.current_model") }}
                then 'lighter'
            end as gap_direction,
            [
                {% for model, slug in slugs.items() -%}
                    concat(
                        {% if model == "1:many" -%}coalesce(ready.fit_band, '1:many'),
                        {%- else -%}'{{ model }}',
                        {%- endif %}
                        ': ',
                        case
                            when coalesce(ready.best_of_four = '{{ model }}', false)
                            then 'best'
                            else ready.reason_{{ slug }}
                        end
                    ) {{ "," if not loop.last }}
                {% endfor %}
            ] as reasons,
            {% set by_model = {} -%}
            {% for model, slug in slugs.items() -%}
                {% set named = {} -%}
                {% for name in (band_criteria("") if model == "1:many" else criteria[model]) -%}
                    {% do named.update({name: "ready.on_" ~ slug ~ "_" ~ name}) %}
                {%- endfor -%}
                {% do by_model.update({model: json_of(named)}) %}
            {%- endfor -%}
            {{ json_of(by_model) }} as criteria,
            ready.observed_model = '1:many'
            and coalesce(ready.satisfied_current_band, 0) < 2 as is_default_1tomany,
            ready.is_accidental_many_to_many,
            {{
                share(
                    "ready.readiness_items - " ~ list_length("ready.readiness_missing"),
                    "ready.readiness_items",
                )
            }} as switch_readiness_share,
            ready.readiness_missing,
            ready.needed_functions,
            ready.missing_functions as recommended_functions,
            {{
                share(
                    list_length("ready.needed_functions")
                    ~ " - "
                    ~ list_length("ready.missing_functions"),
                    list_length("ready.needed_functions"),
                )
            }} as functions_covered_share,
            ready.contributors,
            ready.specialist_hours_13w as specialist_13w_hours,
            ready.open_implementation_hours,
            ready.tickets_per_100_users_28d,
            cast(ready.contacts_13w as integer) as contacts_13w,
            ready.automated_rate,
            ready.required_hours,
            ready.service_hours_12m as service_12m_hours,
            ready.cost_per_hour,
            ready.service_cost_per_year,
            ready.service_cost_per_year / nullif(ready.arr, 0) as cost_to_serve_ratio,
            ready.service_cost_per_year * settings.said.expected_life_years as lifetime_cost,
            ready.arr
            * settings.said.gross_margin
            * settings.said.expected_life_years as lifetime_value,
            ready.service_cost_per_year
            > ready.arr * settings.said.gross_margin as is_cost_above_value,
            ready.services_potential,
            (ready.hours_manyto1 - ready.required_hours)
            * ready.cost_per_hour as team_cost_per_year,
            ready.services_potential
            > (ready.hours_manyto1 - ready.required_hours)
            * ready.cost_per_hour as is_team_worthwhile,
            ready.is_digital_eligible,
            context.as_of as as_of_date,
            context.config_version
        from ready
        cross join context
        cross join settings
    )

select *
from final
order by account_id
