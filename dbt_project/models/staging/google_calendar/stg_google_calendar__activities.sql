with
    context as (select as_of from {{ source("meta", "context") }}),

    final as (
        select
            meetings.* exclude (takes_place_on, version) replace (
                case
                    when
                        meetings.status = 'completed'
                        and meetings.takes_place_on > cast(context.as_of as varchar)
                    then 'planned'
                    else meetings.status
                end as status
            )
        from {{ ref("int_google_calendar__meeting") }} as meetings
        cross join context
    )

select *
from final
