-- What is known about an account on a day beside its tier, as texts by name: the place where
-- conditions look. Nothing is written here yet.
{{ config(schema="core") }}
select
    cast(null as varchar) as account_id,
    cast(null as date) as day,
    cast(null as varchar) as signal,
    cast(null as varchar) as value
where false
