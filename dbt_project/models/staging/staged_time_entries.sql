{{ config(materialized="view") }} {{ staged("time_entries") }}
