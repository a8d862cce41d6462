{{ config(materialized="view") }} {{ staged("accounts") }}
