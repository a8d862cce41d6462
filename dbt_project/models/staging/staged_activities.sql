{{ config(materialized="view") }} {{ staged("activities") }}
