{{ config(materialized="view") }} {{ staged("users") }}
