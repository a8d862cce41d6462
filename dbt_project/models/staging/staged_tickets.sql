{{ config(materialized="view") }} {{ staged("tickets") }}
