-- How each account is served in each month: on paper, by its assignments, and as observed, by whose
-- hours went into it.
{# So many CSMs, of whom nobody has half of the hours, are a pool. #}
{% set many_hands = 3 %}
{% set nobodys_share = 0.5 %}
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as ({{ distribution_settings({"bands": distribution_bands()}) }}),

    measured as (select * from {{ ref("int_distribution_team") }}),

    bands as (select holds_from, {{ rows_of("said.bands") }} as band from settings),

    tier_models as (
        select holds_from, tier_id, {{ rows_of("models") }} as model from {{ ref("cfg_tier") }}
    ),

    tier_bands as (
        select
            holds_from,
            tier_id,
            {{ band_accounts_from("model") }} as accounts_from,
            {{ band_accounts_to("model") }} as accounts_to
        from tier_models
        where model like '1:many[%'
    ),

    tier_lists as (select holds_from, tier_id, models from {{ ref("cfg_tier") }}),

    modelled as (
        select
            *,
            {{
                model_of_team(
                    "paper_contributors",
                    "paper_most_held",
                    "paper_contributors = 1 and paper_most_held = 1",
                    "paper_contributors >= 2 and lead_id is null",
                )
            }} as assigned_model,
            case
                when evidence = 'time'
                then
                    {{
                        model_of_team(
                            "contributors",
                            "most_held",
                            "is_alone",
                            "csms >= " ~ many_hands ~ " and top_share < " ~ nobodys_share,
                        )
                    }}
            end as model_by_time
        from measured
    ),

    observed as (
        select
            *,
            case when evidence = 'time' then model_by_time else assigned_model end as observed_model
        from modelled
    ),

    -- A book is allowed as a whole.
    allowed_books as (
        select distinct measured.lead_accounts, measured.holds_from, measured.tier_id
        from measured
        inner join
            tier_bands
            on measured.holds_from = tier_bands.holds_from
            and measured.tier_id = tier_bands.tier_id
            and measured.lead_accounts >= tier_bands.accounts_from
            and coalesce(measured.lead_accounts < tier_bands.accounts_to, true)
    ),

    final as (
        select
            observed.account_id,
            observed.month_start,
            observed.measured_on,
            observed.tier_id,
            observed.lead_user_id,
            observed.lead_user_email,
            observed.lead_pool,
            cast(observed.lead_accounts as integer) as lead_accounts,
            observed.lead_id is not null as has_lead,
            observed.evidence,
            observed.observed_model,
            case
                when observed.observed_model = '1:many'
                then {{ band_text("bands.band.accounts_from", "bands.band.accounts_to") }}
            end as observed_band,
            observed.assigned_model,
            case
                when observed.assigned_model = '1:many'
                then {{ band_text("bands.band.accounts_from", "bands.band.accounts_to") }}
            end as assigned_band,
            case
                when observed.evidence = 'time'
                then observed.observed_model is distinct from observed.assigned_model
            end as is_mismatch,
            case
                when
                    observed.observed_model is null
                    or coalesce(observed.override_model, observed.tier_id) is null
                then null
                when observed.override_model like '1:many%'
                then
                    observed.observed_model = '1:many'
                    and observed.lead_accounts
                    >= {{ band_accounts_from("observed.override_model") }}
                    and coalesce(
                        observed.lead_accounts < {{ band_accounts_to("observed.override_model") }},
                        true
                    )
                when observed.override_model is not null
                then observed.observed_model = observed.override_model
                when observed.observed_model = '1:many'
                then allowed_books.lead_accounts is not null
                else {{ has_element("tier_lists.models", "observed.observed_model") }}
            end as is_allowed,
            observed.contributors >= 2
            and observed.lead_id is null
            and observed.lead_pool is null
            and coalesce(
                observed.override_model <> 'many:many',
                not {{ has_element("tier_lists.models", "'many:many'") }},
                true
            ) as is_accidental_many_to_many,
            observed.override_model,
            cast(observed.contributors as integer) as contributors,
            observed.top_share,
            cast(observed.people as integer) as people,
            observed.functions,
            observed.minutes / 60 as hours,
            observed.csm_minutes / 60 as csm_hours,
            observed.lead_minutes / 60 as lead_hours,
            (observed.minutes - coalesce(observed.lead_minutes, 0))
            / 60 as pooled_contributor_hours,
            context.as_of as as_of_date,
            context.config_version
        from observed
        cross join context
        left join
            tier_lists
            on observed.holds_from = tier_lists.holds_from
            and observed.tier_id = tier_lists.tier_id
        left join
            allowed_books
            on observed.holds_from = allowed_books.holds_from
            and observed.tier_id = allowed_books.tier_id
            and observed.lead_accounts = allowed_books.lead_accounts
        left join
            bands
            on observed.holds_from = bands.holds_from
            and observed.lead_accounts >= bands.band.accounts_from
            and coalesce(observed.lead_accounts < bands.band.accounts_to, true)
    )

select *
from final
order by account_id, month_start
