-- Who could take an account that nobody leads, or whose lead has too much to do: the three best
-- matches of each, by what is known. Nothing is assigned.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    weights as (
        select settings.*
        from {{ ref("cfg_model_risk") }} as settings
        cross join context
        where {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    books as (select * from {{ ref("mart_capacity_csm") }}),

    demand as (select * from {{ ref("int_account_demand") }} where is_current),

    accounts as (
        select
            demand.account_id,
            demand.tier_id,
            demand.arr,
            demand.required_hours,
            demand.owner_user_id,
            demand.owner_pool,
            case
                when books.utilisation_band = 'over' then 'over_capacity' else 'no_owner'
            end as reason,
            lower(details.industry) as industry,
            lower(details.segment) as segment,
            details.time_zone,
            row_number() over (order by demand.arr desc nulls last, demand.account_id) as place
        from demand
        inner join {{ ref("dim_account") }} as details on demand.account_id = details.account_id
        left join
            books
            on coalesce(demand.owner_pool, demand.owner_user_id)
            = coalesce(books.pool, books.user_id)
            and (demand.owner_pool is null) = (books.pool is null)
        where
            coalesce(demand.owner_user_id, demand.owner_pool) is null
            or books.utilisation_band = 'over'
    ),

    people as (
        select
            people.user_id,
            people.name,
            people.time_zone,
            {{ each_lower("people.skills") }} as skills,
            books.account_cts,
            greatest(0, books.supply_hours - books.required_hours) as room_hours
        from {{ ref("dim_csm") }} as people
        inner join books on people.user_id = books.user_id and books.pool is null
        where people.is_csm and people.is_employed
    ),

    tiers_led as (
        select distinct owner_user_id as user_id, tier_id
        from demand
        where owner_user_id is not null
    ),

    compared as (
        select
            accounts.account_id,
            accounts.tier_id,
            accounts.arr,
            accounts.required_hours,
            accounts.reason,
            accounts.owner_user_id,
            accounts.owner_pool,
            people.user_id,
            people.name,
            people.room_hours,
            cast(
                case
                    when accounts.industry is not null
                    then {{ has_element("people.skills", "accounts.industry") }}
                end as integer
            ) as industry_match,
            cast(
                case
                    when accounts.segment is not null
                    then
                        {{ has_element("people.skills", "accounts.segment") }}
                        or {{ has_element("people.skills", "lower(accounts.tier_id)") }}
                end as integer
            ) as segment_match,
            cast(tiers_led.user_id is not null as integer) as experience_match,
            cast(people.time_zone = accounts.time_zone as integer) as time_zone_match,
            people.account_cts as coverage_match,
            least(1, people.room_hours / nullif(accounts.required_hours, 0)) as room_match
        from accounts
        inner join people on coalesce(accounts.owner_user_id <> people.user_id, true)
        left join
            tiers_led on people.user_id = tiers_led.user_id and accounts.tier_id = tiers_led.tier_id
        -- Those with the most ARR; a list of thousands helps nobody.
        where accounts.place <= 500
    ),

    scored as (
        select
            compared.*,
            (
                {%- for part in match_parts() %}
                    coalesce(weights.match_{{ part }} * compared.{{ part }}_match, 0)
                    {{ "+" if not loop.last }}
                {%- endfor %}
            ) / nullif(
                {%- for part in match_parts() %}
                    case
                        when compared.{{ part }}_match is not null
                        then weights.match_{{ part }}
                        else 0
                    end
                    {{ "+" if not loop.last }}
                {%- endfor %},
                0
            ) as score
        from compared
        cross join weights
    ),

    ranked as (
        select
            *,
            row_number() over (
                partition by account_id order by score desc, room_hours desc nulls last, user_id
            ) as match_rank
        from scored
        where score is not null
    ),

    final as (
        select
            ranked.account_id,
            ranked.user_id,
            cast(ranked.match_rank as integer) as match_rank,
            ranked.name,
            ranked.reason,
            ranked.tier_id,
            ranked.arr,
            ranked.required_hours,
            ranked.owner_user_id,
            ranked.owner_pool,
            ranked.score,
            ranked.room_hours,
            {{
                json_of(
                    {
                        "industry": "ranked.industry_match",
                        "segment": "ranked.segment_match",
                        "experience": "ranked.experience_match",
                        "time_zone": "ranked.time_zone_match",
                        "coverage": "ranked.coverage_match",
                        "room": "ranked.room_match",
                    }
                )
            }} as evidence,
            context.as_of as as_of_date,
            context.config_version
        from ranked
        cross join context
        where ranked.match_rank <= 3
    )

select *
from final
order by account_id, match_rank
