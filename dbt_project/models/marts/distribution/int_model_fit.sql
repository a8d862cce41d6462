-- How far the criteria of each distribution model hold for each active account, what it would cost,
-- and why it would not do.
{{ config(schema="core") }}
{% set criteria = model_criteria() %}
{% set slugs = model_slugs() %}
{# People that a model takes up for one account, at least. #}
{% set dedicated = {"1:1": 1, "many:1": 2} %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    models as (
        select models.*
        from {{ ref("cfg_distribution_model") }} as models
        inner join context on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
    ),

    bands as (select * from models where accounts_from is not null),

    said as (
        {{
            distribution_settings(
                {
                    "min_evaluable": "DOUBLE",
                    "enterprise_segments": ["VARCHAR"],
                    "upsell_pipeline_share": "DOUBLE",
                    "whitespace_share": "DOUBLE",
                    "time_to_value_d": "INTEGER",
                    "training_hours": "DOUBLE",
                    "low_touch_accounts": "INTEGER",
                    "automated_share": "DOUBLE",
                    "demand_cv": "DOUBLE",
                    "content_engagement": "DOUBLE",
                    "gross_margin": "DOUBLE",
                    "expected_life_years": "DOUBLE",
                }
            )
        }}
    ),

    other_keys as (
        select
            holds_from,
            {{
                fields_of(
                    "model",
                    {
                        "model_risk": {"arr_concentration": "DOUBLE"},
                        "playbooks": [{"id": "VARCHAR"}],
                    },
                )
            }} as model
        from {{ ref("int_coverage_model") }}
    ),

    settings as (
        select
            said.said,
            other_keys.model.model_risk.arr_concentration,
            coalesce({{ list_length("other_keys.model.playbooks") }}, 0) as playbooks,
            (select min(arr_from) from bands where arr_from > 0) as small_acv,
            {% for model, slug in slugs.items() -%}
                (
                    select min_criteria from models where model_id = '{{ model }}'
                ) as min_criteria_{{ slug }} {{ "," if not loop.last }}
            {% endfor %}
        from said
        inner join context on {{ holds_on("said", "holds_from", "holds_to", "context.as_of") }}
        inner join other_keys on said.holds_from = other_keys.holds_from
    ),

    tiers as (
        select tiers.tier_id, tiers.models
        from {{ ref("cfg_tier") }} as tiers
        inner join context on {{ holds_on("tiers", "holds_from", "holds_to", "context.as_of") }}
    ),

    tier_models as (select tier_id, {{ rows_of("models") }} as model from tiers),

    -- A band is allowed where it overlaps one that the tier names.
    allowed_bands as (
        select distinct tier_models.tier_id, bands.model_id
        from tier_models
        inner join
            bands
            on tier_models.model like '1:many[%'
            and coalesce({{ band_accounts_from("tier_models.model") }} < bands.accounts_to, true)
            and coalesce({{ band_accounts_to("tier_models.model") }} > bands.accounts_from, true)
    ),

    measured as (select * from {{ ref("int_model_input") }}),

    -- Where most never turn to us, to do so at all is not much.
    company as (select {{ quantile_of("contacts_13w", 0.9) }} as contacts_p90 from measured),

    inputs as (select measured.*, company.contacts_p90 from measured cross join company),

    current_months as (
        select months.*, coalesce(months.observed_band, months.observed_model) as current_model
        from {{ ref("fct_distribution_month") }} as months
        inner join context on months.measured_on = context.as_of
    ),

    judged as (
        select
            inputs.*,
            current_months.current_model,
            current_months.observed_model,
            current_months.is_allowed as is_current_allowed,
            current_months.override_model,
            current_months.is_accidental_many_to_many,
            current_months.lead_user_id,
            current_months.lead_user_email,
            current_months.lead_pool,
            current_months.lead_accounts,
            current_months.contributors,
            current_months.functions,
            fit_band.model_id as fit_band,
            {% for model, conditions in criteria.items() -%}
                {% for name, condition in conditions.items() -%}
                    {{ condition }} as on_{{ slugs[model] }}_{{ name }},
                {% endfor -%}
            {% endfor -%}
            {% for prefix, band in [("on_1tomany", "fit_band"), ("on_current", "current_band")] -%}
                {% for name, condition in band_criteria(band).items() -%}
                    {{ condition }} as {{ prefix }}_{{ name }},
                {% endfor -%}
                case
                    when {{ band }}.model_id is not null then {{ band_criteria_count(band) }}
                end as {{ prefix }}_criteria,
            {% endfor -%}
            {% for model, slug in slugs.items() if model != "1:many" -%}
                coalesce(
                    current_months.override_model = '{{ model }}',
                    {{ has_element("tiers.models", "'" ~ model ~ "'") }}
                ) as is_allowed_{{ slug }},
            {% endfor -%}
            case
                when current_months.override_model is null
                then tiers.tier_id is not null and allowed_bands.model_id is not null
                else
                    current_months.override_model like '1:many%'
                    and coalesce(
                        {{ band_accounts_from("current_months.override_model") }}
                        < fit_band.accounts_to,
                        true
                    )
                    and coalesce(
                        {{ band_accounts_to("current_months.override_model") }}
                        > fit_band.accounts_from,
                        true
                    )
            end as is_allowed_1tomany
        from inputs
        cross join settings
        left join current_months on inputs.account_id = current_months.account_id
        left join tiers on inputs.tier_id = tiers.tier_id
        left join
            bands as fit_band
            on inputs.acv >= fit_band.arr_from
            and coalesce(inputs.acv < fit_band.arr_to, true)
        left join bands as current_band on current_months.observed_band = current_band.model_id
        left join
            allowed_bands
            on inputs.tier_id = allowed_bands.tier_id
            and fit_band.model_id = allowed_bands.model_id
    ),

    counted as (
        select
            *,
            {% for model, slug in slugs.items() -%}
                {% set names = (
                    band_criteria("") if model == "1:many" else criteria[model]
                ).keys() | list -%}
                {% set columns = [] -%}
                {% for name in names -%}
                    {% do columns.append("on_" ~ slug ~ "_" ~ name) %}
                {%- endfor -%}
                {{ count_of(columns) }} as satisfied_{{ slug }},
                {{ count_of(columns, "is not null") }} as evaluable_{{ slug }},
                {% if model == "1:many" -%} on_1tomany_criteria
                {%- else -%} {{ names | length }}
                {%- endif %} as criteria_{{ slug }},
                required_hours
                {%- if model in dedicated %}
                    + greatest(0, {{ dedicated[model] }} * net_hours_per_fte - required_hours)
                {%- endif %} as hours_{{ slug }},
            {% endfor -%}
            {% set columns = [] -%}
            {% for name in band_criteria("") -%}
                {% do columns.append("on_current_" ~ name) %}
            {%- endfor -%}
            {{ count_of(columns) }} as satisfied_current_band,
            {{ count_of(columns, "is not null") }} as evaluable_current_band
        from judged
    ),

    fits as (
        select
            counted.*,
            {% for slug in slugs.values() -%}
                {% set has_fit = "fit_band is not null" if slug == "1tomany" else "true" -%}
                case
                    when {{ has_fit }} then {{ share("satisfied_" ~ slug, "evaluable_" ~ slug) }}
                end as fit_{{ slug }},
                case
                    when {{ has_fit }} then {{ share("evaluable_" ~ slug, "criteria_" ~ slug) }}
                end as evaluable_share_{{ slug }},
                hours_{{ slug }} * cost_per_hour * settings.said.expected_life_years
                > arr
                * settings.said.gross_margin
                * settings.said.expected_life_years as is_blocked_{{ slug }},
            {% endfor -%}
            {{ share("satisfied_current_band", "evaluable_current_band") }} as fit_current_band
        from counted
        cross join settings
    ),

    final as (
        select
            fits.*,
            settings.playbooks,
            {% for slug in slugs.values() -%} settings.min_criteria_{{ slug }}, {% endfor -%}
            {% for slug in slugs.values() -%}
                case
                    when fit_{{ slug }} is null
                    then 'nothing_known'
                    when not coalesce(is_allowed_{{ slug }}, false)
                    then 'not_allowed'
                    when coalesce(is_blocked_{{ slug }}, false)
                    then 'blocked_by_cost'
                    when evaluable_share_{{ slug }} < settings.said.min_evaluable
                    then 'too_little_known'
                    when satisfied_{{ slug }} < settings.min_criteria_{{ slug }}
                    then 'too_few_criteria'
                    else 'lower_fit'
                end as reason_{{ slug }} {{ "," if not loop.last }}
            {% endfor %}
        from fits
        cross join settings
    )

select *
from final
order by account_id
