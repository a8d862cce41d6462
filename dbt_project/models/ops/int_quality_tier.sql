-- Tiers set by hand, and business calendars, that are not as the coverage model has it.
{{ config(schema="core") }}
with
    context as (select as_of from {{ source("meta", "context") }}),

    calendars as (select * from {{ ref("int_account_calendar") }}),

    overrides as (
        select overrides.*, overrides.override_to <= context.as_of as is_over
        from {{ ref("int_tier_override") }} as overrides
        cross join context
    ),

    checks as (
        {{
            quality_check(
                "unknown_calendar:accounts",
                "accounts",
                "warning",
                "calendars",
                "calendar_asked_for is not null and calendar = ''",
                "calendar_asked_for || ' (' || account_id || ')'",
                "{failed} of {total} accounts have a business_calendar, or a country, that is not known: "
                ~ "their business days are Monday to Friday without any holiday. Write an ISO code (GB, "
                ~ "US-CA), or add the calendar under calendar.holidays in the coverage model.",
            )
        }}
        union all
        {{
            quality_check(
                "tier_override_cut:accounts",
                "accounts",
                "warning",
                "overrides",
                "is_cut and is_known",
                "account_id",
                "{failed} of {total} tiers set by hand are asked for longer than "
                ~ "tiering.override_max_days of the coverage model, or without an end; they are cut to "
                ~ "that. Set tier_override_from and tier_override_to.",
            )
        }}
        union all
        {{
            quality_check(
                "tier_override_expired:accounts",
                "accounts",
                "info",
                "overrides",
                "is_over and is_still_said and is_known",
                "account_id",
                "{failed} of {total} tiers set by hand no longer hold: the rules decide again. Set a new "
                ~ "tier_override_from and tier_override_to if they shall, else clear tier_override.",
            )
        }}
        union all
        {{
            quality_check(
                "unknown_tier_override:accounts",
                "accounts",
                "warning",
                "overrides",
                "not is_known",
                "asked_for || ' (' || account_id || ')'",
                "{failed} of {total} tiers set by hand are none of the coverage model's, by id or name; they "
                ~ "count for nothing. Correct tier_override.",
            )
        }}
    ),

    final as (select * from checks where rows_failed > 0)

select *
from final
order by check_id, source_name
