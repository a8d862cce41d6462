{{ config(materialized="view") }} {{ staged("projects") }}
