{{ config(materialized="view") }} {{ staged("usage") }}
