{{ config(materialized="view") }} {{ staged("contracts") }}
