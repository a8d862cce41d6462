{{ config(materialized="view") }} {{ staged("account_links") }}
