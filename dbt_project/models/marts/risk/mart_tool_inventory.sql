-- What each distribution model needs, and whether it is there: tools with what they must be able to
-- do, and what else must stand before the model works.
with
    context as (select as_of, config_version from {{ source("meta", "context") }}),

    present as (
        select
            context.as_of,
            context.config_version,
            models.tooling_live_share as live_share,
            settings.linked_share
        from context
        inner join
            {{ ref("cfg_model") }} as models
            on {{ holds_on("models", "holds_from", "holds_to", "context.as_of") }}
        inner join
            {{ ref("cfg_model_risk") }} as settings
            on {{ holds_on("settings", "holds_from", "holds_to", "context.as_of") }}
    ),

    tools as (select * from {{ source("meta", "tool") }}),

    streams as (
        select
            source_name, bool_and(status in ('applied', 'unchanged', 'not_available')) as is_synced
        from {{ source("meta", "stream_state") }}
        group by source_name
    ),

    needs as (
        {% for model, needs in tool_needs().items() %}
            {% set model_number = loop.index %}
            {% for need in needs %}
                select
                    '{{ model }}' as distribution_model,
                    {{ model_number * 100 + loop.index }} as position,
                    '{{ need.type }}' as tool_type,
                    {{ text_list(need.can) }} as needed_capabilities,
                    cast({{ need.recording_min or "null" }} as double) as needed_recording_minutes
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    owned as (
        select
            tools.tool_type,
            count(*) as tools_owned,
            bool_or(tools.is_declared) as is_declared,
            array_agg(tools.tool_name order by tools.tool_name) as tools,
            array_agg(tools.source_name order by tools.source_name) filter (
                where tools.source_name is not null
            ) as sources,
            {{ union_of_lists("tools.capabilities") }} as capabilities,
            cast(max(tools.recording_max_min) as double) as recording_max_minutes,
            bool_and(streams.is_synced) as is_synced
        from tools
        left join streams on tools.source_name = streams.source_name
        group by tools.tool_type
    ),

    -- Whoever names no tool at all has not said that there are none.
    told as (select coalesce(bool_or(is_declared), false) as has_tools_named from tools),

    compared as (
        select
            needs.*,
            owned.tools,
            owned.sources,
            owned.is_synced,
            case
                when owned.tools_owned > 0 then true when told.has_tools_named then false
            end as has_tool,
            coalesce(owned.is_declared, false) as is_declared,
            {{
                list_without(
                    "needs.needed_capabilities",
                    "coalesce(owned.capabilities, " ~ no_texts() ~ ")",
                )
            }} as missing_capabilities,
            owned.recording_max_minutes
        from needs
        cross join told
        left join owned on needs.tool_type = owned.tool_type
    ),

    tool_items as (
        select
            distribution_model,
            'tool' as item_kind,
            tool_type as item,
            position,
            'A tool of this type' as title,
            needed_capabilities,
            needed_recording_minutes,
            tools,
            sources,
            is_synced,
            missing_capabilities,
            recording_max_minutes,
            cast(null as double) as measured_rate,
            cast(null as double) as wanted_rate,
            case
                when not has_tool
                then false
                when not coalesce(is_synced, true)
                then false
                when {{ list_length("missing_capabilities") }} > 0
                -- What an undeclared tool can do is not known.
                then case when is_declared then false end
                when needed_recording_minutes is null
                then has_tool
                else recording_max_minutes >= needed_recording_minutes
            end as is_met
        from compared
    ),

    active_accounts as (
        select account_id, tier_id, health_band, single_view_completeness, owner_email, owner_pool
        from {{ ref("mart_account_360") }}
        where is_active
    ),

    low_tiers as (
        select
            tiers.tier_id,
            bool_or(
                standards.delivery_mode = 'digital' or standards.is_automation_allowed
            ) as has_digital_standard,
            bool_or(
                {{ has_element("standards.accepts", "'broadcast'") }}
                or {{ has_element("standards.accepts", "'usage_recap'") }}
            ) as has_broadcast
        from {{ ref("cfg_tier") }} as tiers
        cross join present
        left join
            {{ ref("cfg_standard") }} as standards
            on tiers.tier_id = standards.tier_id
            and {{ holds_on("standards", "holds_from", "holds_to", "present.as_of") }}
        where
            tiers.touch in ('low', 'digital')
            and {{ holds_on("tiers", "holds_from", "holds_to", "present.as_of") }}
        group by tiers.tier_id
    ),

    measured_tiers as (
        select tier_id, measurability = 'measured' as is_measured
        from {{ ref("mart_coverage_tier_period") }}
        where
            basis = 'restated'
            and period_type = 'quarter'
            and tier_id not in ('ALL', 'NONE')
            and period_start = (
                select max(period_start)
                from {{ ref("mart_coverage_tier_period") }}
                where basis = 'restated' and period_type = 'quarter'
            )
    ),

    rules as (
        select rules.is_evaluable
        from {{ ref("cfg_playbook_rule") }} as rules
        cross join present
        where {{ holds_on("rules", "holds_from", "holds_to", "present.as_of") }}
    ),

    measures as (
        select 'integrations' as item, {{ share("count(distinct entity)", "5") }} as measured_rate
        from {{ ref("canonical_fields") }}
        where is_carried and entity in ('accounts', 'contracts', 'activities', 'tickets', 'usage')
        union all
        select
            'health_scores' as item,
            {{
                share(
                    "count(*) filter (where health_band in ('green', 'yellow', 'red'))",
                    "count(*)",
                )
            }} as measured_rate
        from active_accounts
        union all
        select
            'single_view' as item,
            {{ exact_sum("single_view_completeness") }} / nullif(count(*), 0) as measured_rate
        from active_accounts
        union all
        select
            'leads' as item,
            {{ share("count(coalesce(owner_email, owner_pool))", "count(*)") }} as measured_rate
        from active_accounts
        union all
        select
            'reports' as item,
            {{ share("count(*) filter (where is_measured)", "count(*)") }} as measured_rate
        from measured_tiers
        union all
        select
            'automation_flows' as item,
            {{ share("count(*) filter (where is_evaluable)", "count(*)") }} as measured_rate
        from rules
        union all
        select 'functions' as item, {{ share("count(function)", "count(*)") }} as measured_rate
        from {{ ref("dim_csm") }}
        where is_csm and is_employed
        union all
        select
            'digital_standards' as item,
            {{ share("count(*) filter (where has_digital_standard)", "count(*)") }} as measured_rate
        from low_tiers
        union all
        select
            'broadcasts' as item,
            {{ share("count(*) filter (where has_broadcast)", "count(*)") }} as measured_rate
        from low_tiers
        union all
        select 'linked_accounts' as item, value as measured_rate
        from {{ ref("int_company_risk") }}
        where risk_id = 'unlinked_accounts'
    ),

    readiness as (
        {% for entry in readiness_items() %}
            {% for model in entry.models %}
                select
                    '{{ model }}' as distribution_model,
                    {{ 50 + loop.index }} as place,
                    '{{ entry.item }}' as item,
                    '{{ entry.title }}' as title,
                    cast({{ entry.wanted }} as double) as wanted_rate
                from present
                {% if not loop.last %}
                    union all
                {% endif %}
            {% endfor %}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),

    items as (
        select *
        from tool_items
        union all
        select
            readiness.distribution_model,
            'readiness' as item_kind,
            readiness.item,
            readiness.place as position,
            readiness.title,
            cast(null as varchar[]) as needed_capabilities,
            cast(null as double) as needed_recording_minutes,
            cast(null as varchar[]) as tools,
            cast(null as varchar[]) as sources,
            cast(null as boolean) as is_synced,
            cast(null as varchar[]) as missing_capabilities,
            cast(null as double) as recording_max_minutes,
            measures.measured_rate,
            readiness.wanted_rate,
            measures.measured_rate >= readiness.wanted_rate as is_met
        from readiness
        left join measures on readiness.item = measures.item
    ),

    final as (
        select
            items.distribution_model,
            items.item_kind,
            items.item,
            items.title,
            items.tools,
            items.sources,
            items.is_synced,
            items.needed_capabilities,
            case
                when {{ list_length("items.missing_capabilities") }} > 0
                then items.missing_capabilities
            end as missing_capabilities,
            items.needed_recording_minutes,
            items.recording_max_minutes,
            items.measured_rate,
            items.wanted_rate,
            items.is_met,
            context.as_of as as_of_date,
            context.config_version
        from items
        cross join context
    )

select *
from final
order by distribution_model, item_kind, item
