{{ config(materialized="view") }} {{ staged("assignments") }}
