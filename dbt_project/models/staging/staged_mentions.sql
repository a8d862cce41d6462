{{ config(materialized="view") }} {{ staged("mentions") }}
