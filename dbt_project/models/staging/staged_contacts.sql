{{ config(materialized="view") }} {{ staged("contacts") }}
