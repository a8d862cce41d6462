-- What is known about an account on a day beside its tier, as texts by name: the
-- place where
-- conditions look. The band of health, on the days on which a standard asks for it.
{{ config(schema="core") }}
with
    bands as (
        select
            account_id,
            day,
            band,
            lag(band) over (partition by account_id order by day) as band_before
        from {{ ref("int_health_day") }}
        where is_for_ledger and is_model_of_day
    ),

    -- Where nothing is ever measured, nobody can be told that the band does not hold.
    measured as (
        select coalesce(bool_or(band <> 'insufficient_data'), false) as has_bands from bands
    ),

    final as (
        select bands.account_id, bands.day, 'band' as signal, bands.band as value
        from bands
        cross join measured
        where measured.has_bands and bands.band is distinct from bands.band_before
    )

select *
from final
order by account_id, day
