{{ config(materialized="view") }} {{ staged("exceptions") }}
