{# How an account's (or another record's) id is written past staging. Numbers that an API counts up
   are given the source's name, so that those of two systems are not mistaken for each other. #}
{% macro written_id(id, source_name, kind) -%}
    case
        when {{ kind }} <> 'files' and regexp_matches({{ id }}, '^[0-9]+$')
        then {{ source_name }} || ':' || {{ id }}
        else {{ id }}
    end
{%- endmacro %}

{# Some systems write one id with 15 characters, or with three more that only check the others. #}
{% macro is_long_id(id) -%} regexp_matches({{ id }}, '^[A-Za-z0-9]{18}$') {%- endmacro %}
{% macro is_short_id(id) -%} regexp_matches({{ id }}, '^[A-Za-z0-9]{15}$') {%- endmacro %}

{# Sources in the order in which they say what an account is: those that define accounts first,
   then as in sources.yaml. #}
{% macro ranked_sources() -%}
    select
        sources.source_name,
        sources.kind,
        coalesce(options.value, 'true') <> 'false' as defines_accounts,
        row_number() over (
            order by
                case when options.value = 'false' then 1 else 0 end,
                sources.priority nulls last,
                sources.source_name
        ) as source_rank
    from {{ source("meta", "source") }} as sources
    left join
        {{ source("meta", "source_option") }} as options
        on sources.source_name = options.source_name
        and options.option = 'defines_accounts'
{%- endmacro %}

{# Domains that anybody may have an address at: they say nothing about the company. #}
{% macro free_mail_domains() -%}
    'aol.com',
    'bigpond.com',
    'bluewin.ch',
    'btinternet.com',
    'comcast.net',
    'fastmail.com',
    'free.fr',
    'gmail.com',
    'gmx.at',
    'gmx.ch',
    'gmx.com',
    'gmx.de',
    'gmx.net',
    'googlemail.com',
    'hey.com',
    'hotmail.co.uk',
    'hotmail.com',
    'hotmail.de',
    'hotmail.fr',
    'icloud.com',
    'laposte.net',
    'libero.it',
    'live.co.uk',
    'live.com',
    'mac.com',
    'mail.com',
    'mail.ru',
    'me.com',
    'msn.com',
    'naver.com',
    'orange.fr',
    'outlook.com',
    'outlook.de',
    'outlook.fr',
    'pm.me',
    'proton.me',
    'protonmail.com',
    'qq.com',
    'rediffmail.com',
    'rocketmail.com',
    'sky.com',
    't-online.de',
    'uol.com.br',
    'verizon.net',
    'virgilio.it',
    'web.de',
    'yahoo.ca',
    'yahoo.co.in',
    'yahoo.co.jp',
    'yahoo.co.uk',
    'yahoo.com',
    'yahoo.com.br',
    'yahoo.de',
    'yahoo.es',
    'yahoo.fr',
    'yahoo.it',
    'yandex.com',
    'yandex.ru',
    'ymail.com',
    'zoho.com',
    '126.com',
    '163.com'
{%- endmacro %}

{# Domains of sites where companies only have a page. #}
{% macro hosting_domains() -%}
    'facebook.com',
    'github.com',
    'instagram.com',
    'linkedin.com',
    'sites.google.com',
    'twitter.com',
    'x.com',
    'youtube.com'
{%- endmacro %}

{# A company's name as it is compared: lower case, letters and digits, without its legal form. #}
{% macro comparable_name(name) -%}
    trim(
        regexp_replace(
            regexp_replace(lower({{ name }}), '[^\pL\pN]+', ' ', 'g'),
            '( (inc|incorporated|corp|corporation|co|company|ltd|limited|llc|llp|plc|gmbh|ag|sa|sas|sarl|srl|spa|bv|nv|ab|oy|as|kg|pty|pte))+ *$',
            '',
            'g'
        )
    )
{%- endmacro %}

{# CTEs that find which keys belong together: with `edges` (lower_key, upper_key), where an upper key
   always ranks before its lower keys, so that there are no circles. Gives `grouped` (key,
   group_key) of the keys in any edge; a group is called by the smallest of its heads. Needs
   `with recursive`. Linear in the edges as long as few keys have more than one upper key. #}
{% macro grouped_by(edges, prefix="") %}
    {{ prefix }}uppers as (
        select lower_key as key, upper_key as reached_key
        from {{ edges }}
        union
        select uppers.key, edges.upper_key as reached_key
        from {{ prefix }}uppers as uppers
        inner join {{ edges }} as edges on uppers.reached_key = edges.lower_key
    ),

    {{ prefix }}lowest as (select distinct lower_key from {{ edges }}),

    -- The keys at the top of each key's lines; a key with nothing above is its own.
    {{ prefix }}heads as (
        select uppers.key, uppers.reached_key as head_key
        from {{ prefix }}uppers as uppers
        left join {{ prefix }}lowest as lowest on uppers.reached_key = lowest.lower_key
        where lowest.lower_key is null
        union
        select edges.upper_key as key, edges.upper_key as head_key
        from {{ edges }} as edges
        left join {{ prefix }}lowest as lowest on edges.upper_key = lowest.lower_key
        where lowest.lower_key is null
    ),

    {{ prefix }}bridges as (
        select distinct one.head_key, other.head_key as other_head_key
        from {{ prefix }}heads as one
        inner join {{ prefix }}heads as other on one.key = other.key
        where one.head_key <> other.head_key
    ),

    {{ prefix }}bridged as (
        select head_key, other_head_key as reached_key
        from {{ prefix }}bridges
        union
        select bridged.head_key, bridges.other_head_key as reached_key
        from {{ prefix }}bridged as bridged
        inner join {{ prefix }}bridges as bridges on bridged.reached_key = bridges.head_key
    ),

    {{ prefix }}first_heads as (
        select head_key, min(reached_key) as group_key from {{ prefix }}bridged group by head_key
    ),

    {{ prefix }}grouped as (
        select heads.key, min(coalesce(first_heads.group_key, heads.head_key)) as group_key
        from {{ prefix }}heads as heads
        left join {{ prefix }}first_heads as first_heads on heads.head_key = first_heads.head_key
        group by heads.key
    )
{% endmacro %}

{# CTEs that judge which edges may join their keys: `edges` (lower_key, lower_rank, upper_key,
   upper_rank), distinct. Gives `accepted` (lower_key, upper_key). Left out are a key's edges to
   two keys of one rank, that is to two accounts of one source; and, where joining would bring two
   accounts of one source together, the edges of the keys that do. Needs `with recursive`. #}
{% macro accepted_from(edges) %}
    counted as (
        select *, count(*) over (partition by lower_key, upper_rank) as uppers_of_rank
        from {{ edges }}
        where lower_rank <> upper_rank
    ),

    clear as (
        select *, count(*) over (partition by lower_key) as uppers_of_key
        from counted
        where uppers_of_rank = 1
    ),

    {{ grouped_by("clear", "clear_") }},

    clear_keys as (
        select lower_key as key, lower_rank as key_rank, false as is_head
        from clear
        union
        select upper_key as key, upper_rank as key_rank, lowest.lower_key is null as is_head
        from clear
        left join clear_lowest as lowest on clear.upper_key = lowest.lower_key
    ),

    ranks as (
        select
            clear_grouped.group_key,
            clear_keys.key_rank,
            count(*) as keys,
            bool_or(clear_keys.is_head) as has_head
        from clear_keys
        inner join clear_grouped on clear_keys.key = clear_grouped.key
        group by clear_grouped.group_key, clear_keys.key_rank
    ),

    contradictory as (
        select group_key
        from ranks
        group by group_key
        having max(case when has_head then keys end) > 1
    ),

    accepted as (
        select clear.lower_key, clear.upper_key
        from clear
        left join clear_grouped on clear.lower_key = clear_grouped.key
        left join contradictory on clear_grouped.group_key = contradictory.group_key
        where contradictory.group_key is null or clear.uppers_of_key = 1
    )
{% endmacro %}

{# The records that a text may name: `wanted` (value), distinct. A smaller precedence is the more
   exact name. #}
{% macro records_named(wanted) -%}
    select wanted.value, aliases.source_name, aliases.source_account_id, aliases.precedence
    from {{ wanted }} as wanted
    inner join {{ ref("int_account_alias") }} as aliases on wanted.value = aliases.reference
    union
    select wanted.value, aliases.source_name, aliases.source_account_id, 4 as precedence
    from {{ wanted }} as wanted
    inner join
        {{ ref("int_account_alias") }} as aliases
        on left(wanted.value, 15) = aliases.reference
        and aliases.precedence < 3
    where {{ is_long_id("wanted.value") }}
{%- endmacro %}
