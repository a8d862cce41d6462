-- The ways to distribute CSMs over accounts, in words, and what must hold for each: the four
-- models, and the bands of 1:many.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    settings as (
        {{
            distribution_settings(
                {
                    "bands": distribution_bands(),
                    "models": [
                        {
                            "model": "VARCHAR",
                            "min_criteria": "INTEGER",
                            "description": "VARCHAR",
                            "best_for": "VARCHAR",
                            "advantages": ["VARCHAR"],
                            "challenges": ["VARCHAR"],
                        }
                    ],
                }
            )
        }}
    ),

    models as (select holds_from, holds_to, {{ rows_of("said.models") }} as model from settings),

    bands as (select holds_from, {{ rows_of("said.bands") }} as band from settings),

    models_and_bands as (
        select holds_from, holds_to, model.model as model_id, model, null as band
        from models
        union all
        select
            models.holds_from,
            models.holds_to,
            {{ band_text("bands.band.accounts_from", "bands.band.accounts_to") }} as model_id,
            models.model,
            bands.band
        from models
        inner join bands on models.holds_from = bands.holds_from and models.model.model = '1:many'
    ),

    final as (
        select
            models_and_bands.holds_from,
            models_and_bands.holds_to,
            models_and_bands.model_id,
            models_and_bands.model.model as model,
            models_and_bands.band.accounts_from,
            models_and_bands.band.accounts_to,
            models_and_bands.band.arr_from,
            models_and_bands.band.arr_to,
            models_and_bands.band.touch,
            models_and_bands.band.max_accounts,
            models_and_bands.band.min_automated_standards,
            models_and_bands.band.max_contacts_per_quarter,
            models_and_bands.band.needs_simple_product as is_simple_product_needed,
            models_and_bands.band.min_automated_share as min_automated_rate,
            models_and_bands.model.min_criteria,
            models_and_bands.model.description,
            models_and_bands.model.best_for,
            models_and_bands.model.advantages,
            models_and_bands.model.challenges,
            context.as_of as as_of_date,
            context.config_version
        from models_and_bands
        cross join context
    )

select *
from final
order by holds_from, model, accounts_from nulls first
