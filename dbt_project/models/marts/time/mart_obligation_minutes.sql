-- What each engagement is expected to take and what it took lately, by tier and family, as of the
-- end of each month: better tooling shows as fewer minutes.
with
    context as (select config_version, as_of from {{ source("meta", "context") }}),

    days as (select distinct as_of_on from {{ ref("int_account_demand") }}),

    models as (select * from {{ ref("cfg_model") }}),

    standards as (select * from {{ ref("cfg_standard") }}),

    actual as (select * from {{ ref("int_actual_minutes") }}),

    expected as (
        select
            days.as_of_on,
            standards.tier_id,
            standards.family,
            max(standards.expected_minutes) as expected_minutes,
            max(models.deep_from_minutes) as deep_from_minutes
        from days
        inner join
            standards on {{ holds_on("standards", "holds_from", "holds_to", "days.as_of_on") }}
        inner join models on standards.holds_from = models.holds_from
        group by days.as_of_on, standards.tier_id, standards.family
    ),

    final as (
        select
            expected.as_of_on,
            expected.tier_id,
            expected.family,
            case
                when expected.expected_minutes >= expected.deep_from_minutes
                then 'deep'
                when expected.expected_minutes > 0
                then 'short'
            end as depth,
            expected.expected_minutes,
            coalesce(actual.engagements, 0) as engagements,
            actual.minutes as actual_minutes,
            coalesce(actual.engagements, 0) >= 20 as is_measured,
            case
                when actual.engagements >= 20 then actual.minutes else expected.expected_minutes
            end as planned_minutes,
            context.as_of as as_of_date,
            context.config_version
        from expected
        cross join context
        left join
            actual
            on expected.as_of_on = actual.as_of_on
            and expected.tier_id = actual.tier_id
            and expected.family = actual.family
    )

select *
from final
order by as_of_on, tier_id, family
